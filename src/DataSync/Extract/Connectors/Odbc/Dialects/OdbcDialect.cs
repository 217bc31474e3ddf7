using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>What a kind of server needs besides ODBC: how it is made read-only, what a login may do, how its text is read, and the types its driver lacks.</summary>
internal abstract class OdbcDialect
{
    /// <summary>How the server reads a statement.</summary>
    public abstract SqlGrammar Grammar { get; }

    /// <summary>True where the driver was seen to go back to a row of a block without losing its place.</summary>
    public virtual bool AllowsPositioning => false;

    /// <summary>True where a column's values are never longer than the driver says.</summary>
    public virtual bool TrustsLengths => false;

    /// <summary>True where the driver has no functions for UTF-16, and takes the others' text as UTF-8.</summary>
    public virtual bool TakesUtf8 => false;

    /// <summary>True where the server wants parameters of the type it finds itself; the driver then tells that type.</summary>
    public virtual bool DescribesParameters => false;

    /// <summary>True where what others call a schema is ODBC's catalog.</summary>
    public virtual bool SchemasAreCatalogs => false;

    /// <summary>Rows of a table that are asked for at once, where the driver holds a whole result in memory; null where it streams.</summary>
    public virtual int? PageRows => null;

    /// <summary>What a statement without columns fails with: it is no query, where the server knows of none without.</summary>
    public virtual string NoColumnsKey => "errors.extraction.statement_refused";

    /// <summary>The dialect of a server, by what its driver calls it.</summary>
    public static OdbcDialect Of(string dbms) => dbms switch
    {
        "PostgreSQL" => new PostgresDialect(),
        "MariaDB" or "MySQL" => new MariaDbDialect(isMariaDb: dbms == "MariaDB"),
        "SQLite" => new SqliteDialect(),
        _ => new OtherDialect(dbms),
    };

    /// <summary>Makes the session read-only, its texts independent of settings, and begins its transaction.</summary>
    public abstract void Begin(OdbcSession session, TimeSpan timeout);

    /// <summary>What the login may do beyond reading. Nothing is tried out.</summary>
    public abstract AccessReport Access(OdbcSession session);

    /// <summary>Refuses what a login may not read though it can only read: what it reads may call what nothing but a privilege keeps from doing more. Always true.</summary>
    public virtual bool DemandPlain(OdbcSession session, AccessReport access, ReadRequest request) => true;

    /// <summary>What the session's TLS came to, as the server tells it; null where it cannot be asked.</summary>
    public virtual IReadOnlyDictionary<string, object?>? Tls(OdbcSession session) => null;

    /// <summary>What a connection test shows of TLS: its version as people write it, and the cipher.</summary>
    protected static IReadOnlyDictionary<string, object?> Seen(string? version, string? cipher) => string.IsNullOrEmpty(version)
        ? new Dictionary<string, object?>(StringComparer.Ordinal) { ["tls_version"] = "none" }
        : new Dictionary<string, object?>(StringComparer.Ordinal) { ["tls_version"] = version.Replace("TLSv", "", StringComparison.Ordinal), ["cipher"] = cipher };

    /// <summary>How a statement is ended from another thread.</summary>
    public virtual OdbcCancel Cancel => OdbcCancel.ByDriver;

    /// <summary>The statement that ends, from another session, what this one does; null where that is not the way.</summary>
    public virtual string? Kill(OdbcSession session) => null;

    /// <summary>The failure's key where the server has codes of its own; null where SQLSTATE says it.</summary>
    public virtual string? Key(OdbcException e) => null;

    /// <summary>True where the connection is gone though SQLSTATE does not say so.</summary>
    public virtual bool IsLost(OdbcException e) => false;

    /// <summary>The table a tenant names.</summary>
    public virtual OdbcTable Find(OdbcSession session, string name) => OdbcTable.Find(session, name);

    /// <summary>The columns of a table's key in their order.</summary>
    public virtual IReadOnlyList<string> KeyOf(OdbcSession session, string? catalog, string? schema, string table) => OdbcCatalog.PrimaryKey(session, catalog, schema, table);

    /// <summary>The condition for rows behind a key of which each <c>?</c> is one value; the values in the order they stand in it.</summary>
    public virtual (string Condition, IReadOnlyList<KeyValue> Values) Behind(OdbcTable table, IReadOnlyList<KeyValue> key)
    {
        var (parts, values) = (new List<string>(), new List<KeyValue>());
        for (var i = 0; i < key.Count; i++)
        {
            parts.Add($"({string.Concat(key.Take(i).Select(k => $"{table.Quoted(k.Column)} = ? AND "))}{table.Quoted(key[i].Column)} > ?)");
            values.AddRange(key.Take(i + 1));
        }

        return ($"({string.Join(" OR ", parts)})", values);
    }

    /// <summary>Asks for the transactions that run now and may yet commit, ours aside, a name in each row; null where the server is not asked.</summary>
    public virtual string? Running => null;

    /// <summary>True for a server that applies another's log: what is open there is not seen here.</summary>
    public virtual bool IsReplica(OdbcSession session) => false;

    /// <summary>The server's SQL for change logs; null where there is none.</summary>
    public virtual ChangeLogDialect? ChangeLog(TimeProvider time) => null;

    /// <summary>Has all questions and readings from now on see one snapshot, where <see cref="Begin"/> does not.</summary>
    public virtual void HoldSnapshot(OdbcSession session)
    {
    }

    /// <summary>The statement that is described before it is run.</summary>
    public virtual string Describing(string sql) => sql;

    /// <summary>The statement that is run: the same one, or one around it that has values come in a form the driver keeps whole.</summary>
    public virtual Projection Project(string sql, IReadOnlyList<DescribedColumn> columns, long? limit)
        => Projection.Plain(sql, [.. columns.Select(c => BoundColumn.Of(c.Name, Format(c), c.Size, TrustsLengths))]);

    /// <summary>Stops the session's clock: a query read in pages has one now, as a whole one has.</summary>
    public virtual void StopClock(OdbcSession session)
    {
    }

    /// <summary>Has the server give so many rows at most to the session's last statement, where <see cref="Project"/> does not.</summary>
    public virtual void Limit(OdbcSession session, long rows)
    {
    }

    /// <summary>Rows that the driver asks its server for when it executes a statement, the others being asked for by <see cref="ServerCursor"/>; null where it gives all rows by itself.</summary>
    public virtual int? FirstRows => null;

    /// <summary>Has the driver make a cursor for what is prepared and executed from now on, or hold results whole, where it can do either.</summary>
    public virtual void UseCursor(OdbcSession session, bool use)
    {
    }

    /// <summary>How a value, in the form records show it, stands in a statement to be compared with a column.</summary>
    public virtual string Placeholder(DescribedColumn column) => "?";

    /// <summary>How a column of a type is fetched and written.</summary>
    public virtual CellFormat Format(DescribedColumn column) => column.Type switch
    {
        SqlType.Bit => new BitCell(),
        var type when SqlType.IsWhole(type) => new WholeCell(column is { IsUnsigned: true, Type: SqlType.BigInt }),
        var type when SqlType.IsExact(type) => new ExactCell(),
        var type when SqlType.IsFloating(type) => new FloatingCell(single: type == SqlType.Real),
        var type when SqlType.IsBinary(type) => new BinaryCell(),
        SqlType.Date => new CalendarCell(withTime: false),
        SqlType.Timestamp => new CalendarCell(withTime: true),
        SqlType.Time => new AsciiCell(),
        SqlType.Guid => new AsciiCell(lower: true),
        _ => new TextCell(),
    };
}
