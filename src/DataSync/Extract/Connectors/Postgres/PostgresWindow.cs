using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// A statement's rows between two values of a column, in its order. The server compares by the column's own type, and the values travel as parameters. Where there are no nulls an index on
/// the column gives the order; nulls first it would not.
/// </summary>
internal static class PostgresWindow
{
    /// <summary>The statement.</summary>
    /// <param name="sql">The statement within it.</param>
    /// <param name="values">That one's parameters.</param>
    /// <param name="window">The bounds.</param>
    /// <param name="isOrdered">In the column's order; without it for those who only count.</param>
    public static (string Sql, IReadOnlyList<string?> Values) Of(string sql, IReadOnlyList<string?> values, CursorWindow window, bool isOrdered = true)
    {
        List<string?> all = [.. values];
        var column = "w." + SqlName.Quote(window.Field);
        List<string> conditions = [];
        if (window.From is { } from) conditions.Add($"{column} >= {Parameter(QueryParameter.Text(from))}");
        if (window.To is { } to) conditions.Add($"{column} < {Parameter(QueryParameter.Text(to))}");
        var between = conditions.Count == 0 ? $"{column} IS NOT NULL" : string.Join(" AND ", conditions);
        var where = window.Nulls ? conditions.Count == 0 ? "" : $" WHERE ({between}) OR {column} IS NULL" : $" WHERE {between}";
        var order = !isOrdered ? "" : $" ORDER BY {column}{(window.Nulls ? " NULLS FIRST" : "")}";
        return ($"SELECT * FROM (\n{sql}\n) AS w{where}{order}", all);

        string Parameter(string? value)
        {
            all.Add(value);
            return $"${all.Count}";
        }
    }
}
