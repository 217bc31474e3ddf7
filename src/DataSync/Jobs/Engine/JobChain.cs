using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// What a worker's thread does once it was given a job: it runs it and, while jobs wait, goes on with the next, which it asks for itself. Only a thread that was
/// idle is woken through Hangfire, whose way from queue to thread costs as much as a small sync.
/// </summary>
internal sealed partial class JobChain(JobRunner runner, HandOut hand, TimeProvider time, ILogger<JobChain> logger)
{
    /// <summary>A thread that was busy for so long goes back to Hangfire, so that its job there ends now and then.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Runs the job and what is due after it.</summary>
    /// <param name="tenantId">Whose job it is.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="stopping">The worker is to stop: no other job begins.</param>
    public async Task RunAsync(string tenantId, Guid jobId, CancellationToken stopping)
    {
        var began = time.GetTimestamp();
        DueJob? job = new DueJob(tenantId, jobId, false);
        while (job is { } now)
        {
            await RunAsync(now, stopping);
            job = stopping.IsCancellationRequested ? null : await NextAsync(time.GetElapsedTime(began) > Longest, stopping);
        }
    }

    /// <summary>A job that could not begin because the worker stops is due at once for another.</summary>
    private async Task RunAsync(DueJob job, CancellationToken stopping)
    {
        try
        {
            await runner.RunAsync(job.TenantId, job.Id, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await hand.GiveBackAsync(job, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Null where none is due, and where the thread goes back; also where that cannot be told now: the dispatcher looks again within a second.</summary>
    private async Task<DueJob?> NextAsync(bool goesBack, CancellationToken stopping)
    {
        try
        {
            if (!goesBack) return await hand.NextAsync(stopping);
            await hand.WakeAsync(stopping);
            return null;
        }
        catch (Exception e) when (DatabaseUnavailable.Caused(e) || e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            if (!stopping.IsCancellationRequested) Log.NotAsked(logger, e.GetType().Name);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1323, LogLevel.Warning, "The next job could not be asked for ({Reason}); the dispatcher hands it out")]
        public static partial void NotAsked(ILogger logger, string reason);
    }
}
