using System.Diagnostics;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Inline;

/// <summary>A run of this process and its row.</summary>
/// <param name="Job">The row as it is known here.</param>
/// <param name="Run">The run.</param>
/// <param name="MayLeave">Asked before work that does not come back is left behind.</param>
/// <param name="HandOver">How the job goes on elsewhere; null where it ends here.</param>
internal sealed record InlineAttempt(SyncJob Job, SyncRun Run, Func<bool> MayLeave, HandOver? HandOver = null);

/// <summary>
/// What stands around the work of a run: its time, the caller who may hang up, the call to cancel from any machine, the lease, and how each of these ends the row. There is no
/// second attempt: what fails is told to the caller, who holds the request.
/// </summary>
internal sealed partial class InlineAttempts(
    InlineJobs jobs, JobLease leases, WorkerSession session, PipelineRunner pipeline, EngineOptions options, SyncTelemetry telemetry, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<InlineAttempts> logger)
{
    private readonly Unwinding _unwinding = new(leases, pipeline, options, time, logger);

    /// <summary>The row is not this process's any more.</summary>
    private static SyncFailure Lost { get; } = SyncFailure.Permanent("errors.job.realtime_lost");

    /// <summary>
    /// Runs the work and completes the row, unless the work handed the job over; when it throws, the row is ended accordingly, nothing of its export stays, and the
    /// caller's failure is thrown.
    /// </summary>
    public async Task RunAsync(InlineAttempt attempt, Func<CancellationToken, Task<StageOutcome?>> work, CancellationToken gone)
    {
        var (job, run) = (attempt.Job, attempt.Run);
        using var activity = telemetry.StartJob(job.TraceParent, job.Mode, attempt: 1);
        using var scope = logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["CorrelationId"] = run.CorrelationId,
            ["TenantId"] = run.TenantId,
            ["JobId"] = run.JobId,
        });
        Log.Started(logger, job.Mode);
        using var cancel = new CancellationTokenSource();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(run.Plan.TimeoutSeconds), time);
        using var lost = new CancellationTokenSource();
        using var drained = new CancellationTokenSource();
        await using var draining = lifetime.ApplicationStopping.Register(() => drained.CancelAfter(options.Drain));
        using var all = CancellationTokenSource.CreateLinkedTokenSource(gone, cancel.Token, timeout.Token, lost.Token, drained.Token);
        using var listening = session.Listen(job.Id, cancel);
        var beating = BeatAsync(attempt, cancel, lost, all.Token);
        var completes = false;
        try
        {
            var outcome = await _unwinding.AwaitAsync(work, run, attempt.MayLeave, all.Token);
            if (attempt.HandOver is not null) return;
            all.Token.ThrowIfCancellationRequested();
            completes = true;
            if (await EndAsync(job, run, JobStatus.Completed, outcome, null)) return;
            completes = false;
            if (await leases.RenewAsync(run, CancellationToken.None) is not { Held: true, CancelRequested: true }) throw new SyncFailureException(Lost);
            await cancel.CancelAsync();
            throw new OperationCanceledException("Called off at the last moment.");
        }
        catch (Exception e)
        {
            var why = (Gone: gone.IsCancellationRequested, Cancelled: cancel.IsCancellationRequested, TimedOut: timeout.IsCancellationRequested, Lost: lost.IsCancellationRequested, Drained: drained.IsCancellationRequested);
            var (status, failure) = Outcome(run, e, why);
            activity?.SetStatus(ActivityStatusCode.Error, failure?.MessageKey);
            if (failure is not null) Log.Failed(logger, failure.MessageKey, (e as SyncFailureException)?.InnerException ?? e);
            var ended = await TryEndAsync(job, run, status, failure);
            if (ended != true && attempt.HandOver is { HasBegun: true })
            {
                // Whether the last commit arrived is not known, or it did: the row tells.
                if (ended == false) return;
                throw new SyncFailureException(SyncFailure.Transient("errors.database.unavailable"), e);
            }

            // Where it is not known whether the row is completed, its files stay: whoever finds it running removes them.
            if (ended == true || !completes) await AbandonAsync(run);
            if (why.Gone && failure is null) throw new OperationCanceledException("The caller hung up.", e, gone);
            throw Told(job, failure ?? SyncFailure.Permanent("errors.realtime.cancelled"), e);
        }
        finally
        {
            await all.CancelAsync();
            await beating;
        }
    }

    /// <summary>See <see cref="InlineJobs.EndAsync"/>.</summary>
    private async Task<bool> EndAsync(SyncJob job, SyncRun run, string status, StageOutcome? outcome, SyncFailure? failure)
    {
        var ran = time.GetUtcNow() - job.CreatedAt;
        if (!await jobs.EndAsync(job, run, status, outcome, failure, ran, CancellationToken.None)) return false;
        Log.Ended(logger, status, run.Progress.Processed, run.Progress.Rejected, ran.TotalMilliseconds);
        telemetry.Ended(status, job.Mode, ran, run.Progress.Processed, run.Progress.Rejected, run.Progress.Bytes);
        return true;
    }

    private static (string Status, SyncFailure? Failure) Outcome(SyncRun run, Exception e, (bool Gone, bool Cancelled, bool TimedOut, bool Lost, bool Drained) why) => e switch
    {
        _ when why.Lost || e is StaleFenceException => (JobStatus.Failed, Lost),
        _ when why.TimedOut => (JobStatus.Failed, SyncFailure.Permanent("errors.job.timeout", ("seconds", run.Plan.TimeoutSeconds))),
        _ when why.Drained && !why.Cancelled => (JobStatus.Failed, SyncFailure.Transient("errors.service.unavailable") with { RetryAfter = TimeSpan.FromSeconds(1) }),
        _ when why.Cancelled || why.Gone || e is OperationCanceledException => (JobStatus.Cancelled, null),
        SyncFailureException typed => (JobStatus.Failed, typed.Failure),
        _ when AttemptVerdict.IsOwnDatabase(e) => (JobStatus.Failed, SyncFailure.Transient("errors.database.unavailable")),
        _ => (JobStatus.Failed, SyncFailure.Permanent("errors.internal", ("correlation_id", run.CorrelationId))),
    };

    private static SyncFailureException Told(SyncJob job, SyncFailure failure, Exception cause)
    {
        var values = new Dictionary<string, object?>(failure.Params ?? new Dictionary<string, object?>(), StringComparer.Ordinal) { ["job_id"] = job.Id.ToString("D") };
        return new SyncFailureException(failure with { Params = values }, cause) { Faults = (cause as SyncFailureException)?.Faults ?? [] };
    }

    /// <summary>Null where the database does not answer: the lease then runs out, and whoever finds the row marks it failed.</summary>
    private async Task<bool?> TryEndAsync(SyncJob job, SyncRun run, string status, SyncFailure? failure)
    {
        try
        {
            return await EndAsync(job, run, status, null, failure);
        }
        catch (Exception e) when (AttemptVerdict.IsOwnDatabase(e))
        {
            Log.EndFailed(logger, e);
            return null;
        }
    }

    private async Task AbandonAsync(SyncRun run)
    {
        try
        {
            await pipeline.AbandonAsync(run, CancellationToken.None).WaitAsync(options.Unwinding, time);
        }
        catch (Exception e) when (e is SyncFailureException or TimeoutException)
        {
            Log.AbandonFailed(logger, (e as SyncFailureException)?.Failure.MessageKey ?? nameof(TimeoutException));
        }
    }

    /// <summary>Renews the lease until the run is over. A database that does not answer is no reason to stop: the fence decides.</summary>
    private async Task BeatAsync(InlineAttempt attempt, CancellationTokenSource cancel, CancellationTokenSource lost, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Heartbeat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                try
                {
                    var (held, cancelRequested) = await leases.RenewAsync(attempt.Run, ct);
                    if (attempt.HandOver is { HasBegun: true }) return;
                    if (!held) await lost.CancelAsync();
                    if (cancelRequested) await cancel.CancelAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException && AttemptVerdict.IsOwnDatabase(e))
                {
                    Log.HeartbeatFailed(logger, e.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the run is over
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1360, LogLevel.Information, "A {Mode} run begins in this process")]
        public static partial void Started(ILogger logger, string mode);

        [LoggerMessage(1361, LogLevel.Information, "Run {Status}: {Records} records, {Rejected} refused, {RanMs:0} ms")]
        public static partial void Ended(ILogger logger, string status, long records, long rejected, double ranMs);

        [LoggerMessage(1362, LogLevel.Warning, "The run failed with {MessageKey}")]
        public static partial void Failed(ILogger logger, string messageKey, Exception exception);

        [LoggerMessage(1363, LogLevel.Error, "The end of the run could not be stored; its row is marked failed when the lease runs out")]
        public static partial void EndFailed(ILogger logger, Exception exception);

        [LoggerMessage(1364, LogLevel.Warning, "What a run left of its export could not be removed: {MessageKey}")]
        public static partial void AbandonFailed(ILogger logger, string messageKey);

        [LoggerMessage(1365, LogLevel.Warning, "Lease not renewed ({Reason}); tried again with the next beat")]
        public static partial void HeartbeatFailed(ILogger logger, string reason);
    }
}
