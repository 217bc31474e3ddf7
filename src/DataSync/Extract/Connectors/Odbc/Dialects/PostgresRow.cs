using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// How a row of PostgreSQL's is fetched: what is narrow (numbers, times, truths, UUIDs) together as one text, the rest each by itself. psqlodbc allocates, converts and
/// copies every value of every row alone, and that is most of what reading through it costs.
/// </summary>
internal static class PostgresRow
{
    /// <summary>A time's or a number's text, unless it is of unusual length.</summary>
    private const int PartBytes = 40;

    /// <summary>A function takes a hundred arguments, of which one is the comma.</summary>
    private const int MostArguments = 99;

    /// <summary>Expressions to select from a <c>q</c> whose columns are <c>c0</c>, <c>c1</c>, …</summary>
    /// <param name="columns">Its columns.</param>
    /// <param name="alone">How one is selected that is fetched by itself.</param>
    public static (IReadOnlyList<string> Expressions, IReadOnlyList<BoundColumn> Fetched, IReadOnlyList<Member> Members) Of(
        IReadOnlyList<DescribedColumn> columns, Func<DescribedColumn, string, (string Expression, CellFormat Format)> alone)
    {
        List<string> expressions = [], parts = [];
        List<BoundColumn> fetched = [];
        var members = new List<Member>(columns.Count);
        CellFormat?[] narrow = [.. columns.Select(Part)];
        var count = narrow.Count(n => n is not null);
        var isPacked = count > 1;
        if (isPacked) fetched.Add(new BoundColumn("", new AsciiCell(), Math.Min(BoundColumn.MostBytes, (count * PartBytes) + 8), IsBounded: false));
        for (var i = 0; i < columns.Count; i++)
        {
            if (isPacked && narrow[i] is { } format)
            {
                members.Add(new Member(columns[i].Name, format, 0, parts.Count));
                parts.Add($"q.c{i}");
                continue;
            }

            var (expression, cell) = alone(columns[i], $"q.c{i}");
            members.Add(new Member(columns[i].Name, cell, fetched.Count, Part: null));
            expressions.Add(expression);
            fetched.Add(BoundColumn.Of(columns[i].Name, cell, cell is PostgresTimeCell or PostgresFloatCell ? PartBytes : columns[i].Size, trusted: false));
        }

        return (isPacked ? [Text(parts), .. expressions] : expressions, fetched, members);
    }

    /// <summary>A row without nulls is joined, which is quicker; only the text of a row shows what is null.</summary>
    private static string Text(List<string> parts)
    {
        var all = string.Join(",", parts);
        var row = $"ROW({all})::text";
        return parts.Count > MostArguments
            ? row
            : $"CASE WHEN {string.Join(" AND ", parts.Select(p => $"{p} IS NOT NULL"))} THEN pg_catalog.concat_ws(',',{all}) ELSE {row} END";
    }

    /// <summary>How the text of a narrow type is written; null for a type whose values stand alone.</summary>
    private static CellFormat? Part(DescribedColumn column) => (column.Type, column.TypeName) switch
    {
        (SqlType.SmallInt, "int2") or (SqlType.Integer, "int4") or (SqlType.BigInt, "int8") or (SqlType.Numeric or SqlType.Decimal, "numeric") => new ExactCell(),
        (SqlType.Real, "float4") => new PostgresFloatCell(single: true),
        (SqlType.Float or SqlType.Double, "float8") => new PostgresFloatCell(single: false),
        (SqlType.Bit, "bool") => new TruthCell(),
        (SqlType.Guid, "uuid") => new AsciiCell(lower: true),
        (SqlType.Date, "date") or (SqlType.Timestamp, "timestamp") => new PostgresTimeCell(utc: false),
        (SqlType.Timestamp, "timestamptz") => new PostgresTimeCell(utc: true),
        _ => null,
    };
}
