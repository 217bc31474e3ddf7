using System.Globalization;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>A table as the catalog knows it, with the key its rows can be told apart and ordered by; no key where there is none to rely on.</summary>
internal sealed record MySqlTable(string QuotedName, IReadOnlyList<TableColumn> Columns, IReadOnlyList<TableColumn> Key)
{
    /// <summary>What a token remembers of the key, so that a key whose order changed is noticed.</summary>
    public IReadOnlyList<string> KeyTypes => [.. Key.Select(c => c.Collation is { } collation ? $"{c.FullType} {collation}" : c.FullType)];

    /// <summary>Looks a table up in the connection's database or the one it is named with.</summary>
    public static async Task<MySqlTable> FindAsync(MySqlSession session, string name, CancellationToken ct)
    {
        // a key on the beginning of a column says nothing about the whole of it
        const string KeySql =
            """
            SELECT COLUMN_NAME, SUB_PART IS NOT NULL FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX
            """;
        var (schema, table) = MySqlName.Parse(name) ?? throw Undefined();
        var columns = await MySqlCatalog.ColumnsAsync(session, schema ?? "", table, ct);
        if (columns.Count == 0) throw Undefined();
        var key = new List<TableColumn?>();
        await session.QueryAsync(
            KeySql, [schema ?? "", table],
            row =>
            {
                var column = columns.FirstOrDefault(c => string.Equals(c.Name, row.GetString(0), StringComparison.Ordinal));
                key.Add(row.GetInt32(1) != 0 || column?.KeyValue is null ? null : column);
            },
            ct);
        var quoted = schema is null ? MySqlName.Quote(table) : $"{MySqlName.Quote(schema)}.{MySqlName.Quote(table)}";
        return new MySqlTable(quoted, columns, key.Contains(null) ? [] : [.. key.OfType<TableColumn>()]);
    }

    /// <summary>The SELECT of the whole table, or of what comes behind a key, with the values of its <c>?</c>.</summary>
    public (string Sql, IReadOnlyList<string> Values) Select(ResumeToken? token, long? rowLimit)
    {
        var limit = Limit(rowLimit);
        var select = $"SELECT {Expressions} FROM {QuotedName}";
        if (Key.Count == 0) return (select + limit, []);

        // along the key: the server then neither sorts nor keeps anything
        select += " FORCE INDEX (PRIMARY)";
        var order = $" ORDER BY {string.Join(", ", Key.Select(Name))}{limit}";
        if (token is null) return (select + order, []);
        var values = new List<string>();
        return ($"{select} WHERE {Behind(token, values)}{order}", values);
    }

    /// <summary>The SELECT of what a condition and order say, which call the table <c>w</c>.</summary>
    public string Select(string behind, long? rowLimit) => $"SELECT {Expressions} FROM {QuotedName} AS w{behind}{Limit(rowLimit)}";

    /// <summary>The column of exactly this name, as a record calls it.</summary>
    public TableColumn Column(string name) => Columns.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.Ordinal)) ?? throw UndefinedColumn();

    public static SyncFailureException UndefinedColumn() => new(SyncFailure.Permanent("errors.extraction.undefined_column", ("sqlstate", "42S22")));

    private string Expressions => string.Join(", ", Columns.Select(c => c.Expression));

    private static string Limit(long? rowLimit) => rowLimit is { } rows ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {rows}") : "";

    /// <summary>
    /// Behind the whole key, written out: a &gt;= x AND (a &gt; x OR (a = x AND …)). The servers find the beginning in the index for that, and not for a comparison of rows.
    /// </summary>
    private string Behind(ResumeToken token, List<string> values)
    {
        var condition = "";
        for (var i = Key.Count - 1; i >= 0; i--)
        {
            var (name, value) = (Name(Key[i]), Key[i].KeyValue);
            condition = condition.Length == 0 ? $"{name} > {value}" : $"{name} >= {value} AND ({name} > {value} OR ({name} = {value} AND ({condition})))";
        }

        // each but the last stands three times before those behind it
        for (var i = 0; i < Key.Count; i++) values.AddRange(Enumerable.Repeat(token.Key[i].Value, i == Key.Count - 1 ? 1 : 3));
        return condition;
    }

    private static string Name(TableColumn column) => MySqlName.Quote(column.Name);

    private static SyncFailureException Undefined() => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "42S02")));
}
