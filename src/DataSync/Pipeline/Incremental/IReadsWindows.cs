using System.Text.Json;
using DataSync.Pipeline.Connectors;

namespace DataSync.Pipeline.Incremental;

/// <summary>A connector that honours <see cref="ReadRequest.Window"/>.</summary>
internal interface IReadsWindows : IConnector
{
    /// <summary>True where a window without an extent comes in the order of its column, nulls first, so that a reading can go on from the value it came to.</summary>
    bool ReadsInOrder { get; }

    /// <summary>
    /// Looks, before the first record is read, how far this reading may go so that nothing which commits late is missed; null where the connector
    /// knows no better than to read what it sees.
    /// </summary>
    /// <param name="connection">The source.</param>
    /// <param name="request">What is to be read; its window names the column.</param>
    /// <param name="last">What <see cref="WindowPlan.Next"/> was when the last sync ended; null for the first.</param>
    /// <param name="lag">How far behind the last value the reading begins: seconds for a column of times, units for one of numbers.</param>
    /// <param name="ct">Ends the wait.</param>
    Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
        => Task.FromResult<WindowPlan?>(null);

    /// <summary>An extent of <see cref="PlanAsync"/> that looks further down the column, for records of the same sync that were written with an old value.</summary>
    /// <param name="extent">The connector's own words.</param>
    /// <param name="by">How much further, in the terms of a lag; null for everything the source had then, whichever sync it belongs to.</param>
    JsonElement Widen(JsonElement extent, decimal? by) => extent;

    /// <summary>An extent of what the syncs before read, from so far below an extent of <see cref="PlanAsync"/> on; null where there is none, or where it would be everything.</summary>
    /// <param name="extent">The connector's own words.</param>
    /// <param name="by">How far below, in the terms of a lag.</param>
    /// <param name="from">The value to begin at instead, where a connector can look from any; null where none is known.</param>
    JsonElement? Earlier(JsonElement extent, decimal by, JsonElement? from) => null;
}

/// <summary>What a connector planned.</summary>
internal sealed record WindowPlan
{
    /// <summary>Exactly the records of this sync: none that the last one had, and none that is not decided yet. Null where the window's bounds are to be used.</summary>
    public JsonElement? Extent { get; init; }

    /// <summary>Where <see cref="Extent"/> is given: what the next sync plans from, once this one is complete.</summary>
    public JsonElement? Next { get; init; }

    /// <summary>Why <see cref="Extent"/> is everything though there was a last sync: what that one left is of no use here. Null where it is used.</summary>
    public TrackingReason? Everything { get; init; }

    /// <summary>Without an extent: no record that commits later has a value below this one, as a record shows it.</summary>
    public JsonElement? Floor { get; init; }

    /// <summary>Without an extent: it is not known what may still commit, so the next sync begins where this one did.</summary>
    public bool IsUndecided { get; init; }
}
