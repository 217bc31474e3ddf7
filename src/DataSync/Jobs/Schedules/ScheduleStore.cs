using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Schedules;

/// <summary>A tenant's schedules. Every change holds the source's row first, as the scheduler does.</summary>
internal sealed class ScheduleStore(TenantDatabase database, ScheduledStart starts)
{
    /// <summary>The schedule of a source and how it stands. Throws where there is no such source, or it has none.</summary>
    public async Task<ScheduleDetails> GetAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var source = await SourceRows.FindAsync(transaction, sourceId, ct) ?? throw SourceFailure.NotFound();
        var schedule = await transaction.Db.Set<SyncSchedule>().AsNoTracking().SingleOrDefaultAsync(s => s.SourceId == sourceId, ct) ?? throw None();
        return await DetailsAsync(transaction, source, schedule, ct);
    }

    /// <summary>
    /// Sets a source's schedule. The same plan again changes nothing, so a run that is due is not lost; another begins at its own next time, or at once where
    /// it is continuous. Throws where the source cannot be synced without somebody who waits for the answer.
    /// </summary>
    public async Task<ScheduleDetails> SetAsync(Caller caller, string sourceId, ScheduleBody plan, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        var source = await SourceRows.LockAsync(transaction, sourceId, ct) ?? throw SourceFailure.NotFound();
        await starts.OfAsync(caller.Tenant, source, ct);
        var now = await DatabaseTime.NowAsync(transaction, ct);
        var schedule = await LockAsync(transaction, sourceId, ct);
        if (schedule is null)
        {
            schedule = new SyncSchedule { SourceId = sourceId, CreatedBy = caller.Subject, CreatedAt = now };
            transaction.Db.Add(schedule);
        }
        else if (schedule.Cron == plan.Cron && schedule.TimeZone == plan.TimeZone)
        {
            return await DetailsAsync(transaction, source, schedule, ct);
        }

        (schedule.Cron, schedule.TimeZone, schedule.UpdatedAt) = (plan.Cron, plan.TimeZone, now);
        (schedule.NotBefore, schedule.Failure, schedule.IdleRuns, schedule.FailedRuns, schedule.Settled) = (null, null, 0, 0, true);
        schedule.NextRunAt = schedule.After(now);
        await transaction.Db.SaveChangesAsync(ct);
        await using (var wake = transaction.Command("SELECT pg_notify($1, '')", Scheduler.Channel)) await wake.ExecuteNonQueryAsync(ct);
        var details = await DetailsAsync(transaction, source, schedule, ct);
        await transaction.CommitChangeAsync(ct);
        return details;
    }

    /// <summary>Takes a source's schedule away. A job that it made goes on. Throws where there is none.</summary>
    public async Task RemoveAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (await SourceRows.FindAndHoldAsync(transaction, sourceId, ct) is null) throw SourceFailure.NotFound();
        transaction.Db.Remove(await LockAsync(transaction, sourceId, ct) ?? throw None());
        await transaction.Db.SaveChangesAsync(ct);
        await transaction.CommitChangeAsync(ct);
    }

    private static Task<SyncSchedule?> LockAsync(TenantTransaction transaction, string sourceId, CancellationToken ct)
        => transaction.Db.Set<SyncSchedule>().FromSql($"SELECT * FROM sync_schedules WHERE source_id = {sourceId} FOR UPDATE").SingleOrDefaultAsync(ct);

    private static async Task<ScheduleDetails> DetailsAsync(TenantTransaction transaction, DataSourceConfig source, SyncSchedule schedule, CancellationToken ct)
    {
        var open = await SourceRows.IsInUseAsync(transaction, source.SourceId, ct);
        return new ScheduleDetails(schedule, source.IsActive, open, schedule.NextRunAt <= await DatabaseTime.NowAsync(transaction, ct));
    }

    private static SyncFailureException None() => new(SyncFailure.Permanent("errors.schedule.none"));
}

/// <summary>A schedule with what decides how it stands.</summary>
internal sealed record ScheduleDetails(SyncSchedule Schedule, bool IsActive, bool IsRunning, bool IsDue);
