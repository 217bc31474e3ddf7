using DataSync.Pipeline.Connectors;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Asks the server what tables there are. It shows a login only what it has a privilege on.</summary>
internal static class MySqlCatalog
{
    private const string Columns =
        """
        SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, LOWER(c.DATA_TYPE), c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.COLLATION_NAME, c.IS_NULLABLE, c.EXTRA
        FROM information_schema.COLUMNS c
        """;

    /// <summary>MariaDB's JSON is text with a constraint, which it writes itself where a column is declared so.</summary>
    private const string JsonColumns =
        """
        SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND CHECK_CLAUSE LIKE 'json_valid(%)'
        """;

    /// <summary>The columns of one table in their order, without those that are hidden from <c>*</c>; none where there is no such table.</summary>
    public static async Task<IReadOnlyList<TableColumn>> ColumnsAsync(MySqlSession session, string schema, string table, CancellationToken ct)
    {
        var json = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (session.IsMariaDb)
            await session.QueryAsync(JsonColumns, [schema], row => { if (string.Equals(row.GetString(0), table, StringComparison.OrdinalIgnoreCase)) json.Add(row.GetString(1)); }, ct);
        var columns = new List<TableColumn>();
        await session.QueryAsync(
            Columns + " WHERE c.TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION", [schema, table],
            row => { if (!IsHidden(row)) columns.Add(Column(row, json)); },
            ct);
        return columns;
    }

    /// <summary>Every table and view, with what its columns come out as.</summary>
    public static async Task<IReadOnlyList<SourceTable>> ReadAsync(MySqlSession session, CancellationToken ct)
    {
        const string Own = "NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')";
        var kinds = new Dictionary<(string, string), string>();
        await session.QueryAsync($"SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA {Own}", [], row => kinds[Table(row)] = row.GetString(2), ct);
        var keys = new List<((string, string) Table, string Column)>();
        await session.QueryAsync(
            $"SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND TABLE_SCHEMA {Own} ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX", [],
            row => keys.Add((Table(row), row.GetString(2))), ct);
        var key = keys.ToLookup(k => k.Table, k => k.Column);
        var rows = new List<((string Schema, string Name) Table, SourceColumn Column)>();
        await session.QueryAsync(
            $"{Columns} WHERE c.TABLE_SCHEMA {Own} ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION", [],
            row =>
            {
                var column = Column(row, json: null);
                if (!IsHidden(row)) rows.Add((Table(row), new SourceColumn(column.Name, column.FullType, column.JsonType, row.GetString(7) == "YES")));
            },
            ct);
        return [.. rows.GroupBy(r => r.Table).Select(t => new SourceTable(
            t.Key.Schema, t.Key.Name, kinds.GetValueOrDefault(t.Key) is { } kind && kind.Contains("VIEW", StringComparison.Ordinal) ? "view" : "table",
            [.. t.Select(r => r.Column)], [.. key[t.Key]]))];
    }

    private static (string Schema, string Table) Table(MySqlDataReader row) => (row.GetString(0), row.GetString(1));

    private static bool IsHidden(MySqlDataReader row) => row.GetString(8).Contains("INVISIBLE", StringComparison.OrdinalIgnoreCase);

    private static TableColumn Column(MySqlDataReader row, HashSet<string>? json)
    {
        var (name, type) = (row.GetString(2), row.GetString(3));
        return new TableColumn(
            name, type, row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6),
            type == "json" || json?.Contains($"json_valid({MySqlName.Quote(name)})") == true);
    }
}
