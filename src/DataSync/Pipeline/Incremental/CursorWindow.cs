using System.Text.Json;

namespace DataSync.Pipeline.Incremental;

/// <summary>Which part of a table or of a query's rows is to be read: what lies between two values of a column that grows.</summary>
internal sealed record CursorWindow
{
    /// <summary>The column.</summary>
    public required string Field { get; init; }

    /// <summary>The least value that is read, as a record shows it; null to begin at the beginning.</summary>
    public JsonElement? From { get; init; }

    /// <summary>The first value that is not read any more; null to go to the end.</summary>
    public JsonElement? To { get; init; }

    /// <summary>Rows whose column is null are read too, before all others.</summary>
    public bool Nulls { get; init; }

    /// <summary>The connector's own words for the window, where it planned it (<see cref="IReadsWindows.PlanAsync"/>); the other bounds then mean nothing.</summary>
    public JsonElement? Extent { get; init; }
}
