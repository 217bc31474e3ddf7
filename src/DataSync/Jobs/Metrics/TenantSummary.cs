namespace DataSync.Jobs.Metrics;

/// <summary>What a tenant's jobs of a window came to. Nothing is rounded but the milliseconds of each job.</summary>
internal sealed record TenantSummary
{
    /// <summary>The window's first moment.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Its end, which lies in it no more.</summary>
    public required DateTimeOffset To { get; init; }
    public required long Completed { get; init; }
    public required long Failed { get; init; }
    public required long Cancelled { get; init; }

    /// <summary>Of completed jobs, in milliseconds; null without any.</summary>
    public required double? AverageMs { get; init; }

    /// <summary>The 50th, 90th, 95th and 99th percentile and the longest, each a duration that a completed job had; empty without any.</summary>
    public required IReadOnlyList<long> PercentilesMs { get; init; }

    /// <summary>Of all jobs, however they ended: what they kept is kept.</summary>
    public required long Records { get; init; }
    public required long Rejected { get; init; }
    public required long Bytes { get; init; }
    public required long LlmCostMicros { get; init; }

    /// <summary>Failed jobs by the key of their failure, the most frequent first.</summary>
    public required IReadOnlyList<(string Key, long Jobs)> Errors { get; init; }

    /// <summary>As it is now, whatever the window.</summary>
    public required TenantLoad Now { get; init; }

    /// <summary>Jobs that came to an end of their own: who calls a job off says nothing of how syncs do.</summary>
    public long Judged => Completed + Failed;

    /// <summary>Share of <see cref="Judged"/> that completed; null without any.</summary>
    public double? SuccessRate => Judged == 0 ? null : (double)Completed / Judged;

    /// <summary>Share of <see cref="Judged"/> that failed; null without any.</summary>
    public double? ErrorRate => Judged == 0 ? null : (double)Failed / Judged;
}

/// <summary>A tenant's jobs that have not ended.</summary>
/// <param name="Running">Jobs that run.</param>
/// <param name="Queued">Jobs in the queue.</param>
/// <param name="Waiting">Jobs that wait for annotators or the like.</param>
/// <param name="QueueAgeSeconds">How long the oldest of the queue has been in it, without a wait before its next attempt; null for an empty queue.</param>
internal sealed record TenantLoad(long Running, long Queued, long Waiting, double? QueueAgeSeconds);
