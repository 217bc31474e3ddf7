using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Sources;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Engine;

/// <summary>Runs one attempt at a job: claims it, takes it through the pipeline under its time and its caller's right to cancel, and ends it.</summary>
internal sealed class JobRunner(
    JobLease leases, JobOutcome outcomes, WorkerSession session, Heartbeat heartbeat, PipelineRunner pipeline, SourceReader sources, SourceStates states,
    TenantRegions regions, EngineOptions options, SyncTelemetry telemetry, TimeProvider time, ILogger<JobRunner> logger)
{
    /// <summary>How often the end of an attempt is tried to be stored, and the wait between: a connection out of the pool may have died there.</summary>
    private const int StoreTries = 3;
    private static readonly TimeSpan StorePause = TimeSpan.FromMilliseconds(50);
    private readonly Unwinding _unwinding = new(leases, pipeline, options, time, logger);

    /// <summary>Runs the attempt to its end; does nothing where the job is not to be had, or is a tenant's that is stored elsewhere.</summary>
    /// <param name="tenantId">Whose job it is.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="stopping">The worker is to stop: the job may run on for a while and is then handed to another.</param>
    public async Task RunAsync(string tenantId, Guid jobId, CancellationToken stopping)
    {
        if (!await regions.IsHereAsync(tenantId, stopping)) return;
        using var cancel = new CancellationTokenSource();
        using var listening = session.Listen(jobId, cancel);
        var proof = new FenceProof(leases, time);
        if (await leases.ClaimAsync(tenantId, jobId, stopping) is not { } claim) return;
        using var activity = telemetry.StartJob(claim.TraceParent, claim.Plan.Mode, claim.Attempt);
        using var scope = logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["CorrelationId"] = claim.CorrelationId,
            ["TenantId"] = tenantId,
            ["JobId"] = jobId,
            ["Fence"] = claim.Fence,
        });
        RunnerLog.Started(logger, claim.Attempt, claim.Waited.TotalMilliseconds);
        telemetry.Waited(claim.Waited);
        var run = NewRun(claim, proof);
        var began = time.GetTimestamp();
        if (Refused(claim) is { } over)
        {
            await EndAsync(run, over.Status, null, over, began);
            return;
        }

        using var signals = new AttemptSignals(cancel, claim.TimeLeft, options.Drain, time, stopping);
        var beating = heartbeat.RunAsync(run, signals);
        var stages = new StageWalk(leases, telemetry, run);
        try
        {
            var outcome = await _unwinding.AwaitAsync(ct => pipeline.RunAsync(run, stages.EnterAsync, ct), run, static () => true, signals.Token);
            await signals.EndAsync();
            await beating;
            if (!await (outcome.Wait is { } wait ? WaitAsync(run, wait, began) : EndAsync(run, JobStatus.Completed, outcome, null, began)) && await IsCalledOffAsync(run))
                await EndAsync(run, JobStatus.Cancelled, null, new AttemptVerdict.Over(JobStatus.Cancelled, null), began);
        }
        catch (Exception e)
        {
            var verdict = AttemptVerdict.Of(e, signals, claim, run, stages.Current, options);
            await signals.EndAsync();
            await beating;
            await ApplyAsync(run, verdict, e, began, activity);
        }
        finally
        {
            stages.Dispose();
        }
    }

    /// <summary>What forbids the attempt, once it is claimed: then nothing is left but to end the job.</summary>
    private AttemptVerdict.Over? Refused(JobClaim claim)
    {
        if (claim.CancelRequested) return new AttemptVerdict.Over(JobStatus.Cancelled, null);
        if (claim is { IsTakeover: true, Plan.Mode: "realtime" }) return new AttemptVerdict.Over(JobStatus.Failed, SyncFailure.Permanent("errors.job.realtime_lost"));
        return AttemptBudget.Exceeded(claim, options) is { } parked ? new AttemptVerdict.Over(JobStatus.Failed, parked, claim.Interruption) : null;
    }

    private SyncRun NewRun(JobClaim claim, FenceProof proof)
    {
        SyncRun? run = null;
        run = new SyncRun
        {
            TenantId = claim.TenantId,
            JobId = claim.JobId,
            SourceId = claim.SourceId,
            SourceType = claim.SourceType,
            ExportOf = claim.ExportOf,
            CorrelationId = claim.CorrelationId,
            Language = claim.Language,
            CreatedAt = claim.CreatedAt,
            Fence = claim.Fence,
            Plan = claim.Plan,
            Checkpoint = claim.Checkpoint,
            WaitingSince = claim.WaitingSince,
            Deadline = claim.TimeLeft == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : time.GetUtcNow() + claim.TimeLeft,
            State = states.Of(claim.TenantId, claim.SourceId, claim.Checkpoint.State),
            OpenSource = async ct => await sources.OpenAsync(claim.TenantId, claim.SourceId, ct),
            Advance = (connection, move, ct) => JobLease.AdvanceAsync(connection, run!, options.Lease, move, move.Next.Stage, ct),
            RegisterWriter = (connection, ct) => JobLease.RegisterWriterAsync(connection, run!, ct),
            Confirm = ct => proof.ConfirmAsync(run!, ct),
        };
        run.Progress.Restore(claim.Records, claim.Rejected, claim.Bytes);
        foreach (var (kind, told) in claim.Enriched ?? new Dictionary<string, JsonElement>()) run.Progress.Summarise(kind, told); // an attempt runs those alone that are not done
        (run.Progress.Stage, run.Progress.Rules) = (claim.Checkpoint.Stage, claim.Rules);
        return run;
    }

    private async Task ApplyAsync(SyncRun run, AttemptVerdict verdict, Exception error, long began, Activity? activity)
    {
        switch (verdict)
        {
            case AttemptVerdict.Over over:
                if (over.Failure is { } failure)
                {
                    RunnerLog.Failed(logger, failure.MessageKey, error.InnerException ?? error);
                    activity?.SetStatus(ActivityStatusCode.Error, failure.MessageKey);
                }

                await EndAsync(run, over.Status, null, over, began);
                break;
            case AttemptVerdict.Again again:
                if (again.Failure is { } reason) RunnerLog.AttemptFailed(logger, reason.MessageKey, error.InnerException ?? error);
                else RunnerLog.HandedOver(logger, run.Progress.Processed);
                await StoreAsync(() => outcomes.RequeueAsync(run, again.Wait, again.Failure, again.Counts, time.GetElapsedTime(began), CancellationToken.None));
                break;
            default:
                RunnerLog.Superseded(logger);
                break;
        }
    }

    private async Task<bool> WaitAsync(SyncRun run, TimeSpan wait, long began)
    {
        if (!await StoreAsync(() => outcomes.WaitAsync(run, wait, time.GetElapsedTime(began), CancellationToken.None))) return false;
        RunnerLog.Waits(logger, wait.TotalSeconds, run.Progress.Enriched);
        return true;
    }

    private async Task<bool> EndAsync(SyncRun run, string status, StageOutcome? outcome, AttemptVerdict.Over? over, long began)
    {
        if (over is not null && !await AbandonAsync(run)) return false;
        var ran = time.GetElapsedTime(began);
        var error = over?.Failure is { } failure ? JobFailure.Serialize(failure, over.Cause) : null;
        if (!await StoreAsync(() => outcomes.EndAsync(run, status, outcome, error, ran, CancellationToken.None))) return false;
        RunnerLog.Ended(logger, status, run.Progress.Processed, run.Progress.Rejected, ran.TotalMilliseconds);
        telemetry.Ended(status, run.Plan.Mode, ran, run.Progress.Processed, run.Progress.Rejected, run.Progress.Bytes);
        if (status == JobStatus.Completed && run.State.Move?.Tracking?.LagBytes is { } lag)
        {
            telemetry.LogLag(lag);
            if (lag > options.LogLagWarningBytes) RunnerLog.LogLags(logger, lag);
        }

        return true;
    }

    /// <summary>Whether it was called off after its work was done and before it was completed.</summary>
    private Task<bool> IsCalledOffAsync(SyncRun run)
        => StoreAsync(async () => await leases.RenewAsync(run, CancellationToken.None) is { Held: true, CancelRequested: true });

    /// <summary>Clears away what the attempt left half done, if the job is still its own; false where it is not. What cannot be cleared does not keep the job from ending.</summary>
    private async Task<bool> AbandonAsync(SyncRun run)
    {
        try
        {
            if (!(await leases.RenewAsync(run, CancellationToken.None)).Held) return false;
            await pipeline.AbandonAsync(run, CancellationToken.None).WaitAsync(options.Unwinding, time);
        }
        catch (Exception e) when (e is SyncFailureException or TimeoutException || AttemptVerdict.IsOwnDatabase(e))
        {
            RunnerLog.NotCleared(logger, e.InnerException ?? e);
        }

        return true;
    }

    /// <summary>False where the job is another's by now, or the database does not answer: the lease runs out, and the next attempt ends the job.</summary>
    private async Task<bool> StoreAsync(Func<Task<bool>> store)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await store();
            }
            catch (Exception e) when (AttemptVerdict.IsOwnDatabase(e))
            {
                if (tries == StoreTries)
                {
                    RunnerLog.EndFailed(logger, e);
                    return false;
                }
            }

            await Task.Delay(StorePause, time, CancellationToken.None);
        }
    }
}
