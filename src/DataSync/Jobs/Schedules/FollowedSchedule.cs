using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using DataSync.Sources;

namespace DataSync.Jobs.Schedules;

/// <summary>What is special about a continuous schedule of a source whose changes are followed: its syncs take as long as there are changes, and most of them find none.</summary>
internal sealed class FollowedSchedule(ConnectorCatalog connectors, PipelineRunner pipeline)
{
    /// <summary>True where no running time is too long: only silence of the source, and what the tenant may use at once, end such a sync.</summary>
    public bool IsEndless(SyncSchedule schedule, StartCommand command, DataSourceConfig source)
        => schedule.IsContinuous && command.Plan.SyncType == "incremental" && IsFollowed(command.Plan.ExtractionParams)
            && connectors.Find(SourceTypes.DriverOf(source.SourceType, JsonElement.Parse(source.ConnectionParams))) is ITracksChanges;

    /// <summary>Forgets the schedule's last job where it followed changes and found none: such jobs would fill the list of jobs. Tells whether it did; then <see cref="ForgetAsync"/> is due after the commit.</summary>
    public static async Task<bool> RemoveEmptyAsync(TenantTransaction transaction, SyncSchedule schedule, CancellationToken ct)
    {
        if (!schedule.IsContinuous || schedule.LastJobId is not { } last) return false;
        await using var command = transaction.Command(
            """
            DELETE FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND status = 'completed' AND created_by = $3 AND extracted = 0 AND record_count = 0 AND error_count = 0
                AND change_tracking ->> 'method' <> 'cursor' AND NOT (change_tracking ->> 'everything')::boolean AND (gap ->> 'detected')::boolean IS NOT TRUE
            """,
            schedule.TenantId, last, ScheduledJob.Creator);
        return await command.ExecuteNonQueryAsync(ct) > 0;
    }

    /// <summary>Removes what is left of it outside the database.</summary>
    public Task ForgetAsync(string tenantId, Guid jobId, CancellationToken ct) => pipeline.ForgetAsync(tenantId, jobId, ct);

    private static bool IsFollowed(JsonElement extraction)
        => extraction.TryGetProperty("table", out var table) && table.ValueKind == JsonValueKind.String
            && !(extraction.TryGetProperty("change_tracking", out var tracking) && tracking.ValueKind == JsonValueKind.String && tracking.ValueEquals("none"));
}
