using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What following a change log needs, looked at in order; what rests on something that is missing is missing with it.</summary>
internal static class ChangeLogChecks
{
    public static async Task<IReadOnlyList<TrackingCheck>> OfAsync(ChangeLogSession session, FollowedTable table, CancellationToken ct)
    {
        List<TrackingCheck> checks = [];
        if (Add("table", table.Unfit)
            && Add("change_log", table.HasLog ? null : TrackingReason.Of("tracking.change_log.absent", ("table", table.Table)))
            && Add("columns", table.IsMatching ? null : TrackingReason.Of("tracking.change_log.columns", ("columns", table.Difference)))
            && Add("triggers", table.HasTriggers ? null : TrackingReason.Of("tracking.change_log.triggers")))
        {
            var (log, _, _) = await new LoggedPositions(session, table).BeginningAsync(ct);
            Add("beginning", log is not null ? null : TrackingReason.Of("tracking.change_log.beginning"));
        }

        return checks;

        bool Add(string name, TrackingReason? reason)
        {
            checks.Add(new TrackingCheck(name, reason is null, reason));
            return reason is null;
        }
    }
}
