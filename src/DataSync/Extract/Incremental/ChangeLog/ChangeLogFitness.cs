using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What no server can record the changes of.</summary>
internal static class ChangeLogFitness
{
    /// <summary>Why; null for a table that is fit as far as all servers go.</summary>
    /// <param name="table">The table.</param>
    /// <param name="isTable">It is a table of its own: no view, no parent of others.</param>
    public static TrackingReason? Of(FollowedTable table, bool isTable)
    {
        if (!isTable) return TrackingReason.Of("tracking.change_log.kind");
        if (table.Key.Count == 0 || table.Key.Any(k => table.Columns.All(c => c.Name != k))) return TrackingReason.Of("tracking.change_log.key");
        return table.Columns.FirstOrDefault(c => ChangeLogNames.IsOurs(c.Name)) is { } ours ? TrackingReason.Of("tracking.change_log.name", ("column", ours.Name)) : null;
    }
}
