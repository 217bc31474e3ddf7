using System.Globalization;
using DataSync.Pipeline.Failures;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A table as the catalog knows it, with the key its rows can be told apart and ordered by; no key where there is none to rely on.</summary>
/// <param name="Id">The server's number for it.</param>
/// <param name="QuotedName">Schema and name.</param>
/// <param name="Columns">In their order.</param>
/// <param name="Key">In the order of the key.</param>
internal sealed record SqlServerTable(int Id, string QuotedName, IReadOnlyList<TableColumn> Columns, IReadOnlyList<TableColumn> Key)
{
    /// <summary>What a token remembers of the key, so that a key whose order changed is noticed.</summary>
    public IReadOnlyList<string> KeyTypes => [.. Key.Select(c => c.Collation is { } collation ? $"{c.FullType} {collation}" : c.FullType)];

    /// <summary>Looks a table or view up in the login's own schema or the one it is named with.</summary>
    public static SqlServerTable Find(SqlServerSession session, string name)
    {
        const string Sql =
            """
            SELECT o.object_id, s.name, o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE o.object_id = OBJECT_ID(@name) AND o.type IN ('U', 'V')
            """;
        const string KeySql =
            """
            SELECT c.name FROM sys.indexes i JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
            WHERE i.object_id = @id AND i.is_primary_key = 1 AND i.is_disabled = 0 AND k.key_ordinal > 0 ORDER BY k.key_ordinal
            """;
        var (schema, table) = SqlServerName.Parse(name) ?? throw Undefined();
        var quoted = schema is null ? SqlServerName.Quote(table) : $"{SqlServerName.Quote(schema)}.{SqlServerName.Quote(table)}";
        var found = session.Query(Sql, static row => (Id: row.GetInt32(0), Name: $"{SqlServerName.Quote(row.GetString(1))}.{SqlServerName.Quote(row.GetString(2))}"), ("@name", quoted));
        if (found.Count == 0) throw Undefined();
        var columns = SqlServerCatalog.ColumnsOf(session, found[0].Id);
        var key = session.Query(KeySql, static row => row.GetString(0), ("@id", (long)found[0].Id))
            .ConvertAll(k => columns.Find(c => string.Equals(c.Name, k, StringComparison.Ordinal) && c.Value("") is not null));
        return new SqlServerTable(found[0].Id, found[0].Name, columns, key.Contains(null) ? [] : [.. key.OfType<TableColumn>()]);
    }

    /// <summary>The column of exactly this name, as a record calls it.</summary>
    public TableColumn Column(string name) => Columns.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.Ordinal)) ?? throw UndefinedColumn();

    /// <summary>The SELECT of the whole table, or of what comes behind a key, with the values of its parameters, called <c>@k0</c> and so on.</summary>
    public (string Sql, IReadOnlyList<SqlParameter> Values) Select(ResumeToken? token, long? rowLimit)
    {
        if (Key.Count == 0) return (Select("", rowLimit), []);
        var order = $" ORDER BY {string.Join(", ", Key.Select(c => SqlServerName.Quote(c.Name)))}";
        if (token is null) return (Select(order, rowLimit), []);
        return (Select($" WHERE {Behind()}{order}", rowLimit), [.. token.Key.Select((k, i) => Key[i].Parameter(Parameter(i), k.Value))]);
    }

    /// <summary>The SELECT of what a condition and order say, which call the table <c>w</c>.</summary>
    public string Select(string behind, long? rowLimit)
    {
        var top = rowLimit is { } rows ? string.Create(CultureInfo.InvariantCulture, $"TOP ({rows}) ") : "";
        return $"SELECT {top}{string.Join(", ", Columns.Select(c => c.Expression))} FROM {QuotedName} AS w{behind}";
    }

    public static SyncFailureException UndefinedColumn() => new(SyncFailure.Permanent("errors.extraction.undefined_column", ("sqlstate", "207")));

    /// <summary>Behind the whole key, written out: a &gt;= x AND (a &gt; x OR (a = x AND …)). The server knows no comparison of rows.</summary>
    private string Behind()
    {
        var condition = "";
        for (var i = Key.Count - 1; i >= 0; i--)
        {
            var (name, value) = (SqlServerName.Quote(Key[i].Name), Key[i].Value(Parameter(i)));
            condition = condition.Length == 0 ? $"{name} > {value}" : $"{name} >= {value} AND ({name} > {value} OR ({name} = {value} AND ({condition})))";
        }

        return condition;
    }

    private static string Parameter(int i) => string.Create(CultureInfo.InvariantCulture, $"@k{i}");

    private static SyncFailureException Undefined() => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "208")));
}
