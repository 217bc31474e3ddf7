using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>A column, and everything about its type that decides what its values come out as.</summary>
internal sealed record LoggedColumn(string Name, string Type);

/// <summary>A table whose changes are to be recorded, and what there is of its change log.</summary>
internal sealed record FollowedTable
{
    /// <summary>The table's own name and its schema's, where it has one.</summary>
    public required string Table { get; init; }

    public string? Schema { get; init; }

    /// <summary>The table and its change log as a statement names them.</summary>
    public required string Quoted { get; init; }

    public required string QuotedLog { get; init; }

    /// <summary>The change log as a <see cref="Pipeline.Connectors.ReadRequest"/> names it.</summary>
    public required string LogName { get; init; }

    /// <summary>The columns a full sync reads, in order.</summary>
    public required IReadOnlyList<LoggedColumn> Columns { get; init; }

    /// <summary>The primary key's columns, in its order.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>Columns that the server itself sets to the time of each update.</summary>
    public IReadOnlyList<string> Moved { get; init; } = [];

    /// <summary>The change log's columns, without ours; empty where there is no change log.</summary>
    public IReadOnlyList<LoggedColumn> LogColumns { get; init; } = [];

    /// <summary>There is a change log, whatever its columns.</summary>
    public bool HasLog { get; init; }

    /// <summary>Every trigger is there as the setup makes it.</summary>
    public bool HasTriggers { get; init; }

    /// <summary>Why the changes of such a table cannot be recorded whole; null where they can.</summary>
    public TrackingReason? Unfit { get; init; }

    /// <summary>The change log has exactly the table's columns.</summary>
    public bool IsMatching => Columns.SequenceEqual(LogColumns);

    /// <summary>Columns that one of the two has, or has with this type, and the other has not.</summary>
    public string Difference => string.Join(", ", Columns.Except(LogColumns).Concat(LogColumns.Except(Columns)).Select(c => c.Name).Distinct(StringComparer.Ordinal));
}
