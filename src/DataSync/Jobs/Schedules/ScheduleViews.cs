using DataSync.Jobs.Engine;
using DataSync.Jobs.Status;

namespace DataSync.Jobs.Schedules;

/// <summary>A schedule as the API shows it.</summary>
internal sealed record ScheduleView(
    string SourceId, string? Cron, string? TimeZone, bool Continuous, string State, DateTimeOffset? NextRunAt, DateTimeOffset? RetryAt, DateTimeOffset? LastRunAt, Guid? LastJobId,
    ErrorView? ErrorDetails, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string CreatedBy);

/// <summary>Turns a schedule's row into what the API shows.</summary>
internal sealed class ScheduleViews(JobViews jobs)
{
    public ScheduleView Of(ScheduleDetails details, string language)
    {
        var schedule = details.Schedule;
        return new ScheduleView(
            schedule.SourceId, schedule.Cron, schedule.TimeZone, schedule.IsContinuous, StateOf(details), schedule.NextRunAt, schedule.NotBefore, schedule.LastRunAt, schedule.LastJobId,
            schedule.Failure is null ? null : jobs.Error(JobFailure.Read(schedule.Failure), language), schedule.CreatedAt, schedule.UpdatedAt, schedule.CreatedBy);
    }

    private static string StateOf(ScheduleDetails details) => details switch
    {
        { IsActive: false } => "paused",
        { IsRunning: true } => "running",
        { IsDue: true } => "due",
        _ => "waiting",
    };
}
