using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A read, executed: its rows wait to be fetched.</summary>
internal sealed class OdbcStatement : IDisposable
{
    private readonly ParameterValues _values;

    private OdbcStatement(StatementHandle handle, ParameterValues values, IReadOnlyList<BoundColumn> columns, OdbcTable? table, int? pageRows)
    {
        (Handle, _values, Columns, Table, PageRows) = (handle, values, columns, table, pageRows);
        KeyPlaces = table is null ? [] : [.. table.Key.Select(k => columns.ToList().FindIndex(c => c.Name == k.Name))];
    }

    public StatementHandle Handle { get; }

    public IReadOnlyList<BoundColumn> Columns { get; }

    /// <summary>The table that is read, where it is one.</summary>
    public OdbcTable? Table { get; }

    /// <summary>Where the key's columns are among all; empty where there is no key.</summary>
    public IReadOnlyList<int> KeyPlaces { get; }

    /// <summary>Rows asked for at most, where the table is read page by page: as many again may follow.</summary>
    public int? PageRows { get; }

    /// <summary>Finds out what the statement gives, and executes it. Blocks.</summary>
    public static OdbcStatement Execute(OdbcSession session, ReadRequest request, ReadOnlyMemory<byte> resumeToken)
    {
        OdbcTable? table = null;
        IReadOnlyList<ParameterValue> values;
        string sql;
        int? page = null;
        if (request.Table is { } name)
        {
            table = session.Dialect.Find(session, name);
            if (request.Window is { } part)
            {
                (sql, values) = OdbcWindow.Of(session, $"SELECT * FROM {table.QuotedName}", [], part);
                return Execute(session, sql, values, null, null, request.RowLimit);
            }

            if (!resumeToken.IsEmpty && table.Key.Count == 0) throw ResumeToken.Lost(null);
            (sql, values) = Select(session, table, ResumeToken.Read(resumeToken.Span, table.QuotedName, table.KeyNames, [.. table.Key.Select(k => k.Type)]));
            page = table.Key.Count > 0 ? session.Dialect.PageRows : null;
        }
        else
        {
            if (!resumeToken.IsEmpty) throw ResumeToken.Lost(null);
            (sql, values) = Bind(session, request);
            if (request.Window is { } part) (sql, values) = OdbcWindow.Of(session, sql, values, part);
        }

        return Execute(session, sql, values, table, page, request.RowLimit);
    }

    public void Dispose()
    {
        Handle.Dispose();
        _values.Dispose();
    }

    private static OdbcStatement Execute(OdbcSession session, string sql, IReadOnlyList<ParameterValue> values, OdbcTable? table, int? page, long? limit)
    {
        IReadOnlyList<DescribedColumn> described;
        using (var asked = session.Statement())
        {
            session.Prepare(asked, session.Dialect.Describing(sql));
            described = DescribedColumn.All(asked, session.Dialect.TakesUtf8);
        }

        if (described.Count == 0) throw new SyncFailureException(SyncFailure.Permanent(session.Dialect.NoColumnsKey, ("sqlstate", "07005")));
        // pages need a key whose values all lead back to their row
        if (table is not null && table.Key.Any(k => !described.Any(d => d.Name == k.Name && session.Dialect.Format(d).HasKey))) page = null;
        var (run, columns) = session.Dialect.Project(page is null ? sql : FormattableString.Invariant($"{sql} LIMIT {page}"), described, limit);
        var statement = session.Statement();
        var bound = new ParameterValues(values);
        try
        {
            session.Prepare(statement, run);
            bound.Bind(statement, session.Dialect.DescribesParameters);
            Diagnostics.Check(OdbcLibrary.SQLExecute(statement), statement);
            return new OdbcStatement(statement, bound, columns, table, page);
        }
        catch
        {
            statement.Dispose();
            bound.Dispose();
            throw;
        }
    }

    private static (string Sql, IReadOnlyList<ParameterValue> Values) Bind(OdbcSession session, ReadRequest request)
    {
        var (sql, names) = SelectText.Read(request.Query!, request.Parameters.Keys.ToHashSet(StringComparer.Ordinal), session.Dialect.Grammar);
        if (request.Parameters.Keys.FirstOrDefault(p => !names.Contains(p)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));
        return (sql, [.. names.Select(n => ParameterValue.Of(request.Parameters[n]))]);
    }

    /// <summary>The SELECT of the whole table, or of what comes behind a key.</summary>
    private static (string Sql, IReadOnlyList<ParameterValue> Values) Select(OdbcSession session, OdbcTable table, ResumeToken? token)
    {
        if (table.Key.Count == 0) return ($"SELECT * FROM {table.QuotedName}", []);
        var order = string.Join(", ", table.Key.Select(k => table.Quoted(k.Name)));
        if (token is null) return ($"SELECT * FROM {table.QuotedName} ORDER BY {order}", []);
        var (condition, values) = session.Dialect.Behind(table, token.Key);
        return (
            $"SELECT * FROM {table.QuotedName} WHERE {condition} ORDER BY {order}",
            [.. values.Select(v => new ParameterValue(v.Value, v.Type == OdbcTable.Whole ? SqlType.BigInt : SqlType.WVarChar))]);
    }
}
