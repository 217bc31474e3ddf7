using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Schedules;

/// <summary>When a continuous schedule goes on after the job it made has ended.</summary>
internal sealed class ContinuousPace(ScheduleOptions options)
{
    /// <summary>
    /// Takes the end of the schedule's last job into account: at once after one that found something, after a while where nothing came or it failed. To be called
    /// with no job of the source open. The time it sets may have passed.
    /// </summary>
    public async Task SettleAsync(TenantTransaction transaction, SyncSchedule schedule, CancellationToken ct)
    {
        if (schedule.Settled) return;
        var job = await transaction.Db.Set<SyncJob>().AsNoTracking().FirstOrDefaultAsync(j => j.Id == schedule.LastJobId, ct);
        schedule.Settled = true;
        if (!schedule.IsContinuous || job?.CompletedAt is not { } ended) return;
        var completed = job.Status == JobStatus.Completed;
        schedule.FailedRuns = completed ? 0 : schedule.FailedRuns + 1;
        schedule.IdleRuns = completed && job.Extracted + job.RecordCount + job.ErrorCount == 0 ? schedule.IdleRuns + 1 : 0;
        schedule.NextRunAt = ended + (completed ? options.AfterIdle(schedule.IdleRuns) : options.AfterFailed(schedule.FailedRuns));
    }
}
