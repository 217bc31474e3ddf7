using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Push;
using DataSync.Platform.Tenancy;

namespace DataSync.Jobs.Webhooks.Drain;

/// <summary>
/// Gives a job its deliveries. A delivery becomes a job's in the transaction that claims it, under the job's fence and in its place; from then on it is read from there, by
/// whichever attempt. So a crash leaves each either waiting or with the job, and the checkpoint says which of the job's are done.
/// </summary>
internal sealed class DeliveryReader(TenantDatabase database)
{
    /// <summary>Deliveries claimed at a time, and how many a job takes at most: what comes after is the next job's.</summary>
    private const int Chunk = 1000, Most = 100_000;

    /// <summary>Payload bytes read at a time; one delivery at least.</summary>
    private const long PageBytes = 4 * 1024 * 1024;
    private const int PageCount = 500;

    /// <summary>See <see cref="ReadPushed"/>.</summary>
    public async IAsyncEnumerable<PushedPayload> ReadAsync(SyncRun run, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var (claimed, more) = (0, true); ;)
        {
            var page = await PageAsync(run, after, ct);
            foreach (var delivery in page)
            {
                after = delivery.Position;
                yield return delivery;
            }

            if (page.Count > 0) continue;
            if (!more || claimed >= Most) yield break;
            var taken = await ClaimAsync(run, after, ct);
            claimed += taken;
            more = taken == Chunk; // fewer were waiting: whatever comes from now on is the next job's
        }
    }

    private async Task<List<PushedPayload>> PageAsync(SyncRun run, long after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(run.TenantId, durable: false, ct);
        batch.Add(
            """
            SELECT position, payload FROM (
                SELECT position, payload, sum(bytes) OVER (ORDER BY position) - bytes AS before FROM (
                    SELECT position, payload, bytes::bigint FROM webhook_deliveries
                    WHERE tenant_id = $1 AND job_id = $2 AND position > $3 ORDER BY position LIMIT $4) d) p
            WHERE before < $5 ORDER BY position
            """,
            run.TenantId, run.JobId, after, PageCount, PageBytes);
        await using var rows = await batch.ReadAsync(ct);
        List<PushedPayload> page = [];

        // A payload is let go only after its job has completed; who then runs the job again finds an empty one, and it is refused as such.
        while (await rows.ReadAsync(ct)) page.Add(new PushedPayload(rows.GetInt64(0), await rows.IsDBNullAsync(1, ct) ? default(ReadOnlyMemory<byte>) : rows.GetFieldValue<byte[]>(1)));
        return page;
    }

    /// <summary>Claims what waits, the first that came first, if this job is the one that drains its source.</summary>
    private async Task<int> ClaimAsync(SyncRun run, long after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(run.TenantId, durable: true, ct);
        batch.Add("SELECT 1 FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running' FOR NO KEY UPDATE", run.TenantId, run.JobId, run.Fence);
        batch.Add(
            """
            UPDATE webhook_deliveries w SET job_id = $2, position = greatest($5, coalesce((SELECT max(o.position) FROM webhook_deliveries o WHERE o.tenant_id = $1 AND o.job_id = $2), 0)) + n.place
            FROM (SELECT d.delivery_id, row_number() OVER (ORDER BY d.arrival) AS place FROM (
                      SELECT delivery_id, arrival FROM webhook_deliveries
                      WHERE tenant_id = $1 AND source_id = $4 AND job_id IS NULL AND failure IS NULL ORDER BY arrival LIMIT $6 FOR UPDATE SKIP LOCKED) d) n
            WHERE w.tenant_id = $1 AND w.delivery_id = n.delivery_id
              AND EXISTS (SELECT 1 FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running')
              AND EXISTS (SELECT 1 FROM webhook_drains WHERE tenant_id = $1 AND source_id = $4 AND job_id = $2)
            """,
            run.TenantId, run.JobId, run.Fence, run.SourceId, after, Chunk);
        await using var answers = await batch.ReadAsync(ct);
        if (!await answers.ReadAsync(ct)) throw new StaleFenceException();
        await answers.NextResultAsync(ct);
        var claimed = answers.RecordsAffected;
        await answers.CloseAsync(); // they are the job's from here
        return claimed;
    }
}
