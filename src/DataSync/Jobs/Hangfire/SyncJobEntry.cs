using DataSync.Jobs.Engine;
using Hangfire;

namespace DataSync.Jobs.Hangfire;

/// <summary>
/// What Hangfire calls. Its name, its method and their parameters are written into Hangfire's tables, so they are frozen: jobs queued by one version
/// run on the next. The arguments are ids and nothing else.
/// </summary>
public sealed class SyncJobEntry
{
    /// <summary>Hangfire's queue for syncs.</summary>
    public const string Queue = "sync";

    private readonly JobChain _chain;

    internal SyncJobEntry(JobChain chain) => _chain = chain;

    /// <summary>Takes a sync as far as it goes, and goes on with others that wait. Never retried by Hangfire: our own tables decide what runs again.</summary>
    /// <param name="tenantId">Whose job it is.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="stopping">Set by Hangfire when the worker is to stop.</param>
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    public Task RunAsync(string tenantId, Guid jobId, CancellationToken stopping) => _chain.RunAsync(tenantId, jobId, stopping);
}
