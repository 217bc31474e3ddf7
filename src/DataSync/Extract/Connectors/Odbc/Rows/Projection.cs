namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>What is run, what the driver fetches of it, and where the members of a record stand in that.</summary>
/// <param name="Sql">The statement.</param>
/// <param name="Fetched">The columns of its result. Those that hold parts stand first.</param>
/// <param name="Members">A record's members in their order.</param>
internal sealed record Projection(string Sql, IReadOnlyList<BoundColumn> Fetched, IReadOnlyList<Member> Members)
{
    /// <summary>A statement of which each column is a member.</summary>
    public static Projection Plain(string sql, IReadOnlyList<BoundColumn> columns)
        => new(sql, columns, [.. columns.Select((c, i) => new Member(c.Name, c.Format, i, Part: null))]);
}

/// <summary>A member of a record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">How its value is written.</param>
/// <param name="Column">The fetched column its value is in.</param>
/// <param name="Part">Which part of that column's value is its own, from 0; null where it is the whole value.</param>
internal sealed record Member(string Name, CellFormat Format, int Column, int? Part);
