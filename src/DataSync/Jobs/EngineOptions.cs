using System.ComponentModel.DataAnnotations;

namespace DataSync.Jobs;

/// <summary>How much the engine does at once, and how long it waits. The environment names are the settings' names.</summary>
internal sealed record EngineOptions
{
    /// <summary><c>SYNC_MAX_CONCURRENT_JOBS_PER_TENANT</c>: running jobs of one tenant, over all workers.</summary>
    [Range(1, 1000)]
    public int MaxConcurrentJobsPerTenant { get; init; } = 5;

    /// <summary><c>SYNC_DEFAULT_BATCH_SIZE</c>: records in a batch where a Start does not say.</summary>
    [Range(1, 100_000)]
    public int DefaultBatchSize { get; init; } = 1000;

    /// <summary><c>SYNC_DEFAULT_TIMEOUT_SECONDS</c>: running time where a Start does not say.</summary>
    [Range(1, 86_400)]
    public int DefaultTimeoutSeconds { get; init; } = 300;

    /// <summary><c>DATASYNC_MAX_QUEUED_JOBS_PER_TENANT</c>: a Start beyond it is refused.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueuedJobsPerTenant { get; init; } = 10_000;

    /// <summary><c>DATASYNC_WORKER_THREADS</c>: jobs one worker process runs at once.</summary>
    [Range(1, 64)]
    public int WorkerThreads { get; init; } = 8;

    /// <summary><c>DATASYNC_LEASE_SECONDS</c>: a lease not renewed for this long is anybody's. A worker that died is seen sooner, by its session's end.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>DATASYNC_LOG_LAG_WARNING_MB</c>: a source's server that keeps more of its log for us than this is warned of.</summary>
    public long LogLagWarningBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>How often a running job renews its lease and shows its progress.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>DATASYNC_MAX_FRUITLESS_ATTEMPTS</c>: attempts in a row that move nothing, after which a job fails instead of going round for ever.</summary>
    public int MaxFruitlessAttempts { get; init; } = 5;

    /// <summary><c>DATASYNC_MAX_FRUITFUL_ATTEMPTS</c>: attempts that come further each time and yet do not end a job, after which it fails.</summary>
    public int MaxFruitfulAttempts { get; init; } = 1000;

    /// <summary><c>DATASYNC_DRAIN_SECONDS</c>: how long a worker that is to stop lets its jobs run on, so that those near their end reach it; the rest is handed over.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long an attempt that is to stop may take to come back, before its writer's backend is ended, and again before it is left behind.</summary>
    public TimeSpan Unwinding { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>First wait before a failed attempt is repeated; doubles with each that moved nothing.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);
}
