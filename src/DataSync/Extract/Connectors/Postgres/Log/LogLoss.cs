using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>Whether the log still holds everything behind a stored position.</summary>
internal static class LogLoss
{
    /// <summary>Why it does not; null where it does. Where it cannot be told for certain, everything is read: that loses nothing.</summary>
    /// <param name="facts">What the server says now.</param>
    /// <param name="position">The stored position.</param>
    /// <param name="hasRowsAdded">As <see cref="LogShape.Difference"/> takes it.</param>
    public static TrackingReason? Of(LogFacts facts, LogPosition? position, bool hasRowsAdded)
    {
        if (position is null) return Lost("position");
        if (position.Database != facts.Database || position.System.Length > 0 && facts.System.Length > 0 && position.System != facts.System) return Lost("server");
        if (position.Timeline != facts.Timeline) return Lost("timeline");
        if (position.Table != facts.TableId) return Lost("table");
        if (position.Publication != facts.Publication) return Lost("publication");
        if (facts.Shape.Difference(position.Marks, hasRowsAdded) is { } what) return Lost(what);
        if (!facts.HasSlot) return Lost("slot");
        if (facts.WalStatus == "lost" || facts.Confirmed is not { } confirmed) return Lost("wal");
        var reached = LogPosition.Parse(position.Lsn);
        return reached > facts.End ? Lost("rewound") : confirmed > reached ? Lost("confirmed") : null;
    }

    private static TrackingReason Lost(string what) => TrackingReason.Of($"tracking.log.lost.{what}");
}
