using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// A statement's rows between two values of a column, in its order. The server compares by the column's own type, and the values travel as parameters. Where there are no nulls an index on
/// the column gives the order; nulls first it would not.
/// </summary>
internal static class PostgresWindow
{
    public static (string Sql, IReadOnlyList<string?> Values) Of(string sql, IReadOnlyList<string?> values, CursorWindow window)
    {
        List<string?> all = [.. values];
        var column = "w." + SqlName.Quote(window.Field);
        List<string> conditions = [];
        if (window.From is { } from) conditions.Add($"{column} >= {Parameter(QueryParameter.Text(from))}");
        if (window.To is { } to) conditions.Add($"{column} < {Parameter(QueryParameter.Text(to))}");
        var between = conditions.Count == 0 ? $"{column} IS NOT NULL" : string.Join(" AND ", conditions);
        var where = window.Nulls ? conditions.Count == 0 ? "" : $" WHERE ({between}) OR {column} IS NULL" : $" WHERE {between}";
        return ($"SELECT * FROM (\n{sql}\n) AS w{where} ORDER BY {column}{(window.Nulls ? " NULLS FIRST" : "")}", all);

        string Parameter(string? value)
        {
            all.Add(value);
            return $"${all.Count}";
        }
    }
}
