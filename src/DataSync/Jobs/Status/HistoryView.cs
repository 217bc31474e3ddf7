namespace DataSync.Jobs.Status;

/// <summary>An attempt as the API shows it.</summary>
/// <param name="Attempt">Its number, from 1.</param>
/// <param name="StartedAt">When a worker claimed the job.</param>
/// <param name="EndedAt">Null while it runs.</param>
/// <param name="DurationMs">Null while it runs.</param>
/// <param name="Outcome"><c>completed</c>, <c>failed</c>, <c>cancelled</c>, <c>waiting</c>, <c>interrupted</c>, <c>handed_over</c>, <c>lost</c>; null while it runs.</param>
/// <param name="RecordCount">Records kept in all when it ended.</param>
/// <param name="ErrorCount">Records refused in all when it ended.</param>
/// <param name="Stages">Its stages, in order.</param>
/// <param name="ErrorDetails">Why it failed, was interrupted or lost.</param>
internal sealed record AttemptView(
    long Attempt, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, long? DurationMs, string? Outcome, long RecordCount, long ErrorCount,
    IReadOnlyList<StageView> Stages, ErrorView? ErrorDetails);

/// <summary>A stage of an attempt.</summary>
internal sealed record StageView(string Stage, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, long? DurationMs, string? Outcome, long RecordCount);
