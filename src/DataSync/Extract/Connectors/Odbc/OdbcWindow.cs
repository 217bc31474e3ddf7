using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>
/// A statement's rows between two values of a column, in its order. Servers differ in where nulls come and in what an alias may be introduced by, so neither is
/// left to them; the values travel as parameters, behind the statement's own.
/// </summary>
internal static class OdbcWindow
{
    public static (string Sql, IReadOnlyList<ParameterValue> Values) Of(OdbcSession session, string sql, IReadOnlyList<ParameterValue> values, CursorWindow window)
    {
        var column = "w." + OdbcTable.Quoted(window.Field, session.Quote);
        List<ParameterValue> all = [.. values];
        List<string> between = [$"{column} IS NOT NULL"];
        var place = Place(session, sql, window.Field);
        if (window.From is { } from) Add($" >= {place}", ParameterValue.Of(from));
        if (window.To is { } to) Add($" < {place}", ParameterValue.Of(to));
        var where = string.Join(" AND ", between);
        if (window.Nulls) where = $"({where}) OR {column} IS NULL";
        return ($"SELECT * FROM (\n{sql}\n) w WHERE {where} ORDER BY {(window.Nulls ? $"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END, " : "")}{column}", all);

        void Add(string comparison, ParameterValue value)
        {
            between.Add(column + comparison);
            all.Add(value);
        }
    }

    /// <summary>How a value of the column stands in a statement.</summary>
    private static string Place(OdbcSession session, string sql, string field)
    {
        using var asked = session.Statement();
        session.Prepare(asked, session.Dialect.Describing(sql));
        return DescribedColumn.All(asked, session.Dialect.TakesUtf8).FirstOrDefault(c => c.Name == field) is { } column ? session.Dialect.Placeholder(column) : "?";
    }
}
