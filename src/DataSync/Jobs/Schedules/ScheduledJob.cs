using System.Diagnostics;
using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Pipeline;

namespace DataSync.Jobs.Schedules;

/// <summary>The job that a schedule makes: queued like any other, with a trace of its own and the tenant's language.</summary>
internal static class ScheduledJob
{
    /// <summary><c>created_by</c> of such a job.</summary>
    public const string Creator = "schedule";

    /// <summary>A new job, queued once it is saved.</summary>
    /// <param name="command">What is to run.</param>
    /// <param name="tenantId">Whose it is.</param>
    /// <param name="language">The tenant's.</param>
    /// <param name="activity">The span it is made in, if anybody records one.</param>
    /// <param name="now">For its id and the time of its making.</param>
    /// <param name="isEndless">No running time is too long for it.</param>
    public static SyncJob Of(StartCommand command, string tenantId, string language, Activity? activity, DateTimeOffset now, bool isEndless = false) => new()
    {
        Id = Guid.CreateVersion7(now),
        TenantId = tenantId,
        SourceId = command.SourceId,
        SourceType = command.RecordSource,
        Mode = command.Plan.Mode,
        SyncType = command.Plan.SyncType,
        Config = JsonSerializer.Serialize(command.Plan, JobJson.Options),
        Checkpoint = JsonSerializer.Serialize(new Checkpoint(), JobJson.Options),
        CreatedAt = now,
        CreatedBy = Creator,
        CorrelationId = (activity?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString(),
        TraceParent = activity?.Id,
        Language = language,
        TimeoutSeconds = isEndless ? SyncJob.NoTimeout : command.Plan.TimeoutSeconds,
    };
}
