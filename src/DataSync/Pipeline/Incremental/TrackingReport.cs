namespace DataSync.Pipeline.Incremental;

/// <summary>How an incremental sync found what changed, and why so. Its JSON form is part of a checkpoint and of the job.</summary>
/// <param name="Method">One of <see cref="TrackingMethods"/>.</param>
/// <param name="Everything">The whole table was read.</param>
/// <param name="Reason">Why this method and no better one, why everything, or why not yet all changes; null where there is nothing to say.</param>
/// <param name="Position">Where the next sync begins, for people; null by the cursor.</param>
/// <param name="LagBytes">As <see cref="ChangePlan.LagBytes"/>.</param>
internal sealed record TrackingReport(string Method, bool Everything, TrackingReason? Reason = null, string? Position = null, long? LagBytes = null);
