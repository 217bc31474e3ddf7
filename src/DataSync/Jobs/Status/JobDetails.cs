using DataSync.Jobs.History;
using DataSync.Platform.Tenancy;

namespace DataSync.Jobs.Status;

/// <summary>A job with what is not in its row.</summary>
/// <param name="Job">The row.</param>
/// <param name="QueuePosition">1 for the tenant's next; null where it is not queued.</param>
/// <param name="Attempts">The newest attempts, oldest first; null where nobody asked.</param>
/// <param name="Stages">Their stages, in order.</param>
internal sealed record JobDetails(SyncJob Job, long? QueuePosition, IReadOnlyList<SyncJobAttempt>? Attempts = null, IReadOnlyList<SyncJobStage>? Stages = null);

/// <summary>Where jobs stand in their tenant's queue.</summary>
internal static class QueuePositions
{
    /// <summary>Positions of those of the jobs that are queued, by one walk along the queue's index for all of them.</summary>
    public static async Task<IReadOnlyDictionary<Guid, long>> OfAsync(TenantTransaction transaction, string tenantId, IEnumerable<SyncJob> jobs, CancellationToken ct)
    {
        Dictionary<Guid, long> positions = [];
        var queued = jobs.Where(j => j.Status == JobStatus.Queued).Select(j => j.Id).ToArray();
        if (queued.Length == 0) return positions;
        if (queued is [var one])
        {
            await using var count = transaction.Command("SELECT count(*) FROM sync_jobs WHERE tenant_id = $1 AND status = 'queued' AND id <= $2", tenantId, one);
            positions[one] = (long)(await count.ExecuteScalarAsync(ct))!;
            return positions;
        }

        await using var command = transaction.Command(
            """
            SELECT id, place FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS place FROM sync_jobs
                WHERE tenant_id = $1 AND status = 'queued' AND id <= (SELECT i FROM unnest($2::uuid[]) i ORDER BY i DESC LIMIT 1)) q
            WHERE id = ANY($2)
            """,
            tenantId, queued);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) positions[rows.GetGuid(0)] = rows.GetInt64(1);
        return positions;
    }
}
