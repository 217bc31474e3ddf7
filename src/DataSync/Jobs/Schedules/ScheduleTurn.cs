using DataSync.Jobs.Engine;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Localization;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Schedules;

/// <summary>
/// Makes the job of one due schedule. The job, and the schedule's next time, are one commit under the lock of the source's row and the schedule's: several workers
/// make one job of a due time, and a worker that dies in between has made none and lost none.
/// </summary>
internal sealed class ScheduleTurn(
    TenantDatabase database, ScheduledStart starts, ContinuousPace pace, TenantLanguage languages, EngineOptions engine, ScheduleOptions options,
    FollowedSchedule followed, SyncTelemetry telemetry, TimeProvider time, ILogger<ScheduleTurn> logger)
{
    /// <summary>How long a run that was refused for the moment waits where the refusal does not say.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What is locked is in somebody's hands and passed over. Nothing here waits, so nobody can wait for each other.</summary>
    private static readonly string LockedSchedule =
        "SELECT * FROM sync_schedules WHERE source_id = {0} AND next_run_at <= now() AND (not_before IS NULL OR not_before <= now()) FOR UPDATE SKIP LOCKED";

    /// <summary>Takes the schedule's turn.</summary>
    public async Task<ScheduleOutcome> TakeAsync(DueSchedule due, CancellationToken ct)
    {
        var language = await languages.OfAsync(due.TenantId, ct) ?? Messages.FallbackLanguage;
        try
        {
            return await QueueAsync(due, language, ct);
        }
        catch (SyncFailureException e)
        {
            return await RefuseAsync(due, e.Failure, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException && !DatabaseUnavailable.Caused(e))
        {
            // Not this worker's loop but this one schedule is at fault: the others go on.
            ScheduleLog.Broken(logger, e);
            return await RefuseAsync(due, SyncFailure.Transient("errors.internal"), ct);
        }
    }

    private async Task<ScheduleOutcome> QueueAsync(DueSchedule due, string language, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(due.TenantId, ct);
        if (await HoldAsync(transaction, due, ct) is not var (source, schedule, now) || !source.IsActive || await SourceRows.IsInUseAsync(transaction, due.SourceId, ct)) return ScheduleOutcome.Passed;
        await pace.SettleAsync(transaction, schedule, ct);
        if (schedule.NextRunAt > now)
        {
            await transaction.Db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return ScheduleOutcome.Waits;
        }

        using var activity = telemetry.StartScheduled();
        var late = now - schedule.NextRunAt!.Value;
        var next = schedule.After(now);
        var command = await starts.OfAsync(due.TenantId, source, ct);
        var job = ScheduledJob.Of(command, due.TenantId, language, activity, time.GetUtcNow(), followed.IsEndless(schedule, command, source));
        var empty = await FollowedSchedule.RemoveEmptyAsync(transaction, schedule, ct) ? schedule.LastJobId : null;
        transaction.Db.Add(job);
        (schedule.LastRunAt, schedule.LastJobId, schedule.Settled, schedule.Failure, schedule.NotBefore) = (now, job.Id, false, null, null);
        schedule.NextRunAt = next;
        await transaction.Db.SaveChangesAsync(ct);
        await SyncManager.WakeAsync(transaction, engine, ct);
        await transaction.CommitAsync(ct);
        if (empty is { } forgotten) await ForgetAsync(due.TenantId, forgotten, ct);
        telemetry.Scheduled("queued", schedule.IsContinuous ? null : late);
        ScheduleLog.Queued(logger, job.Id, job.CorrelationId, late.TotalMilliseconds);
        return ScheduleOutcome.Queued;
    }

    /// <summary>Files of a forgotten job that cannot be removed now hinder no schedule.</summary>
    private async Task ForgetAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        try
        {
            await followed.ForgetAsync(tenantId, jobId, ct);
        }
        catch (SyncFailureException e)
        {
            ScheduleLog.NotForgotten(logger, e.Failure.MessageKey);
        }
    }

    /// <summary>
    /// The due run becomes no job now. What may pass is tried again, and the run stays due; else a planned run is over, as one that failed, and a continuous
    /// schedule tries after a growing while. Either way the schedule shows why.
    /// </summary>
    private async Task<ScheduleOutcome> RefuseAsync(DueSchedule due, SyncFailure failure, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(due.TenantId, ct);
        if (await HoldAsync(transaction, due, ct) is not var (_, schedule, now)) return ScheduleOutcome.Passed;
        var passes = failure.Kind == FailureKind.Transient;
        schedule.Failure = JobFailure.Serialize(failure);
        if (passes) schedule.NotBefore = now + (failure.RetryAfter ?? Patience);
        else if (schedule.IsContinuous) schedule.NextRunAt = now + options.AfterFailed(++schedule.FailedRuns);
        else schedule.NextRunAt = schedule.After(now);
        await transaction.Db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        telemetry.Scheduled(passes ? "put_off" : "refused");
        ScheduleLog.Refused(logger, failure.MessageKey);
        return ScheduleOutcome.Refused;
    }

    /// <summary>The source's row, then the schedule's, both locked; null where somebody has one of them, or the schedule is not due any more.</summary>
    private static async Task<(DataSourceConfig Source, SyncSchedule Schedule, DateTimeOffset Now)?> HoldAsync(TenantTransaction transaction, DueSchedule due, CancellationToken ct)
    {
        // As whoever deletes the source: no job of it can come in between, since making one holds its row too.
        if (await transaction.Db.Set<DataSourceConfig>().FromSql($"SELECT * FROM data_source_configs WHERE source_id = {due.SourceId} FOR UPDATE SKIP LOCKED").AsNoTracking().SingleOrDefaultAsync(ct) is not { } source) return null;
        if (await transaction.Db.Set<SyncSchedule>().FromSqlRaw(LockedSchedule, due.SourceId).SingleOrDefaultAsync(ct) is not { } schedule) return null;
        return (source, schedule, await DatabaseTime.NowAsync(transaction, ct));
    }
}

/// <summary>What became of a schedule's turn.</summary>
internal enum ScheduleOutcome
{
    /// <summary>Somebody else has it, or a job of the source is open.</summary>
    Passed,

    /// <summary>A continuous schedule rests for a moment.</summary>
    Waits,

    /// <summary>A job was made.</summary>
    Queued,

    /// <summary>No job could be made; the schedule shows why.</summary>
    Refused,
}
