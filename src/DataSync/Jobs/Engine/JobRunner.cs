using System.Diagnostics;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using DataSync.Sources;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>Runs one attempt at a job: claims it, takes it through the pipeline under its time and its caller's right to cancel, and ends it.</summary>
internal sealed partial class JobRunner(
    JobLease leases, JobOutcome outcomes, WorkerSession session, PipelineRunner pipeline, SourceReader sources,
    EngineOptions options, SyncTelemetry telemetry, TimeProvider time, ILogger<JobRunner> logger)
{
    /// <summary>Runs the attempt to its end; does nothing where the job is not to be had.</summary>
    /// <param name="tenantId">Whose job it is.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="stopping">The worker is to stop: the job is handed to another.</param>
    public async Task RunAsync(string tenantId, Guid jobId, CancellationToken stopping)
    {
        if (await leases.ClaimAsync(tenantId, jobId, stopping) is not { } claim) return;
        using var activity = telemetry.StartJob(claim.TraceParent, claim.Plan.Mode, claim.Attempt);
        using var scope = logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["CorrelationId"] = claim.CorrelationId,
            ["TenantId"] = tenantId,
            ["JobId"] = jobId,
            ["Fence"] = claim.Fence,
        });
        Log.Started(logger, claim.Attempt, claim.Waited.TotalMilliseconds);
        telemetry.Waited(claim.Waited);
        var run = NewRun(claim);
        var began = time.GetTimestamp();
        if (claim.CancelRequested)
        {
            await EndAsync(run, JobStatus.Cancelled, null, null, began);
            return;
        }

        if (claim.FruitlessAttempts > options.MaxFruitlessAttempts)
        {
            await EndAsync(run, JobStatus.Failed, null, SyncFailure.Permanent("errors.job.poisoned", ("attempts", claim.FruitlessAttempts - 1)), began);
            return;
        }

        using var cancel = new CancellationTokenSource();
        using var timeout = new CancellationTokenSource(claim.TimeLeft > TimeSpan.Zero ? claim.TimeLeft : TimeSpan.FromTicks(1), time);
        using var lost = new CancellationTokenSource();
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancel.Token, timeout.Token, lost.Token);
        Activity? stage = null;
        session.Register(jobId, cancel);
        var beating = BeatAsync(run, cancel, lost, all.Token);
        try
        {
            var outcome = await pipeline.RunAsync(
                run,
                (name, ct) =>
                {
                    stage?.Dispose();
                    stage = telemetry.StartStage(name);
                    return leases.EnterAsync(run, name, ct);
                },
                all.Token);
            await StopAsync(all, beating);
            await EndAsync(run, JobStatus.Completed, outcome, null, began);
        }
        catch (Exception e)
        {
            await StopAsync(all, beating);
            await FailAsync(run, claim, e, (cancel.IsCancellationRequested, timeout.IsCancellationRequested, lost.IsCancellationRequested, stopping.IsCancellationRequested), began, activity);
        }
        finally
        {
            stage?.Dispose();
            session.Unregister(jobId);
        }
    }

    private SyncRun NewRun(JobClaim claim)
    {
        SyncRun? run = null;
        run = new SyncRun
        {
            TenantId = claim.TenantId,
            JobId = claim.JobId,
            SourceId = claim.SourceId,
            SourceType = claim.SourceType,
            CorrelationId = claim.CorrelationId,
            Language = claim.Language,
            CreatedAt = claim.CreatedAt,
            Fence = claim.Fence,
            Plan = claim.Plan,
            Checkpoint = claim.Checkpoint,
            OpenSource = async ct => await sources.OpenAsync(claim.TenantId, claim.SourceId, ct),
            Advance = (connection, move, ct) => JobLease.AdvanceAsync(connection, run!, options.Lease, move, ct),
            RegisterWriter = (connection, ct) => JobLease.RegisterWriterAsync(connection, run!, ct),
        };
        run.Progress.Restore(claim.Records, claim.Rejected, claim.Bytes);
        return run;
    }

    /// <summary>Renews the lease until the attempt is over. A database that does not answer is no reason to stop: the fence decides.</summary>
    private async Task BeatAsync(SyncRun run, CancellationTokenSource cancel, CancellationTokenSource lost, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Heartbeat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                try
                {
                    var (held, cancelRequested) = await leases.RenewAsync(run, ct);
                    if (!held) await lost.CancelAsync();
                    if (cancelRequested) await cancel.CancelAsync();
                }
                catch (NpgsqlException e)
                {
                    Log.HeartbeatFailed(logger, e.SqlState);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the attempt is over
        }
    }

    private static async Task StopAsync(CancellationTokenSource all, Task beating)
    {
        await all.CancelAsync();
        await beating;
    }

    private async Task FailAsync(
        SyncRun run, JobClaim claim, Exception error, (bool Cancelled, bool TimedOut, bool Lost, bool Stopping) why, long began, Activity? activity)
    {
        if (error is StaleFenceException || why.Lost)
        {
            Log.Superseded(logger);
            return;
        }

        var moved = run.Progress.Processed + run.Progress.Rejected > claim.Records + claim.Rejected;
        switch (error)
        {
            case var _ when why.Cancelled:
                await EndAsync(run, JobStatus.Cancelled, null, null, began);
                return;
            case var _ when why.TimedOut:
                await EndAsync(run, JobStatus.Failed, null, SyncFailure.Permanent("errors.job.timeout", ("seconds", run.Plan.TimeoutSeconds)), began);
                return;
            case var _ when why.Stopping:
                await RequeueAsync(run, TimeSpan.Zero, countsAsAttempt: false, began);
                return;
            case SyncFailureException { Failure: { Kind: FailureKind.Transient } failure } when moved:
                Log.AttemptFailed(logger, failure.MessageKey, error.InnerException ?? error);
                await RequeueAsync(run, failure.RetryAfter ?? options.RetryDelay, countsAsAttempt: true, began);
                return;
            case SyncFailureException typed:
                Log.Failed(logger, typed.Failure.MessageKey, typed.InnerException ?? typed);
                activity?.SetStatus(ActivityStatusCode.Error, typed.Failure.MessageKey);
                await EndAsync(run, JobStatus.Failed, null, typed.Failure, began);
                return;
            case NpgsqlException database:
                // Our own database: it comes back, and the job with it, unless it fails for ever without moving.
                Log.AttemptFailed(logger, "errors.database.unavailable", database);
                await RequeueAsync(run, options.RetryDelay * (1 << Math.Min(6, claim.FruitlessAttempts)), countsAsAttempt: true, began);
                return;
            default:
                Log.Failed(logger, "errors.internal", error);
                activity?.SetStatus(ActivityStatusCode.Error, "errors.internal");
                await EndAsync(run, JobStatus.Failed, null, SyncFailure.Permanent("errors.internal", ("correlation_id", run.CorrelationId)), began);
                return;
        }
    }

    private async Task EndAsync(SyncRun run, string status, StageOutcome? outcome, SyncFailure? failure, long began)
    {
        var ran = time.GetElapsedTime(began);
        try
        {
            if (!await outcomes.EndAsync(run, status, outcome, failure, ran, CancellationToken.None)) return;
        }
        catch (NpgsqlException e)
        {
            Log.EndFailed(logger, e); // the lease runs out, and the next attempt ends the job
            return;
        }

        Log.Ended(logger, status, run.Progress.Processed, run.Progress.Rejected, ran.TotalMilliseconds);
        telemetry.Ended(status, run.Plan.Mode, ran, run.Progress.Processed, run.Progress.Rejected, run.Progress.Bytes);
    }

    private async Task RequeueAsync(SyncRun run, TimeSpan wait, bool countsAsAttempt, long began)
    {
        try
        {
            await outcomes.RequeueAsync(run, wait, countsAsAttempt, time.GetElapsedTime(began), CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            Log.EndFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1310, LogLevel.Information, "Attempt {Attempt} begins after {WaitedMs:0} ms in the queue")]
        public static partial void Started(ILogger logger, int attempt, double waitedMs);

        [LoggerMessage(1311, LogLevel.Information, "Job {Status}: {Records} records, {Rejected} refused, {RanMs:0} ms")]
        public static partial void Ended(ILogger logger, string status, long records, long rejected, double ranMs);

        [LoggerMessage(1312, LogLevel.Warning, "Attempt failed with {MessageKey}; the job goes on later from its checkpoint")]
        public static partial void AttemptFailed(ILogger logger, string messageKey, Exception exception);

        [LoggerMessage(1313, LogLevel.Error, "Job failed with {MessageKey}")]
        public static partial void Failed(ILogger logger, string messageKey, Exception exception);

        [LoggerMessage(1314, LogLevel.Warning, "Another worker has taken the job over; this attempt stops")]
        public static partial void Superseded(ILogger logger);

        [LoggerMessage(1315, LogLevel.Warning, "Lease not renewed, SQLSTATE {SqlState}")]
        public static partial void HeartbeatFailed(ILogger logger, string? sqlState);

        [LoggerMessage(1316, LogLevel.Error, "The end of the attempt could not be stored; it is taken up again when the lease runs out")]
        public static partial void EndFailed(ILogger logger, Exception exception);
    }
}
