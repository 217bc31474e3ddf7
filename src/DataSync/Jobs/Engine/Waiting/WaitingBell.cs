using DataSync.Pipeline.Enriching;
using DataSync.Platform.Tenancy;

namespace DataSync.Jobs.Engine.Waiting;

/// <summary>See <see cref="RingJob"/>.</summary>
internal sealed class WaitingBell(TenantDatabase database)
{
    public async Task<bool> RingAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: true, ct);
        var update = batch.Add(
            """
            UPDATE sync_jobs SET rung_at = now(), status = CASE status WHEN 'waiting' THEN 'queued' ELSE status END,
                   not_before = CASE status WHEN 'waiting' THEN now() ELSE not_before END
            WHERE tenant_id = $1 AND id = $2 AND status IN ('waiting', 'running', 'queued')
            """,
            tenantId, jobId);
        batch.Add($"SELECT pg_notify('{JobOutcome.DispatchChannel}', '')");
        await batch.ExecuteAsync(ct);
        return update.RecordsAffected > 0;
    }
}
