using System.Globalization;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;

namespace DataSync.IntegrationTests.Jobs.Metrics;

/// <summary>A job that ended a whole number of minutes ago; where it was retried, it is in the queue again.</summary>
internal sealed record EndedJob(string SourceId, string Status, int MinutesAgo, int DurationMs, int Records, int Rejected, long Bytes, int CostMicros, string ErrorKey, bool IsRetried);

/// <summary>Puts jobs through the states that jobs go through, as their tenant, so that the database's own triggers write what they write.</summary>
internal static class EndedJobs
{
    /// <summary>Stores the jobs as if they had ended before <paramref name="now"/>; their ids in order.</summary>
    public static async Task<IReadOnlyList<Guid>> StoreAsync(SystemDatabase database, string tenant, IReadOnlyList<EndedJob> jobs, DateTimeOffset now, CancellationToken ct)
    {
        if (jobs.Count == 0) return [];
        await using var transaction = await new TestJobs(database).Tenants.BeginAsync(tenant, ct);
        SyncJob[] rows = [.. jobs.Select(j => new SyncJob { Id = Guid.CreateVersion7(), SourceId = j.SourceId, TimeoutSeconds = 300, CreatedAt = now, Config = "{}" })];
        transaction.Db.AddRange(rows);
        await transaction.Db.SaveChangesAsync(ct);
        Guid[] ids = [.. rows.Select(r => r.Id)];
        await ExecuteAsync("UPDATE sync_jobs SET status = 'running', fence = 1, stage = 'extract' WHERE id = ANY($1)", ids);
        await ExecuteAsync(
            """
            UPDATE sync_jobs j SET status = e.status, completed_at = e.ended, started_at = e.ended - e.ms * interval '1 ms', record_count = e.records, error_count = e.rejected, bytes = e.bytes, enriched = e.enriched::json, error_details = e.error
            FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::text[]) AS e(id, status, ended, ms, records, rejected, bytes, enriched, error) WHERE j.id = e.id
            """,
            ids, jobs.Select(j => j.Status).ToArray(), jobs.Select(j => now.AddMinutes(-j.MinutesAgo).ToUniversalTime()).ToArray(), jobs.Select(j => j.DurationMs).ToArray(), jobs.Select(j => j.Records).ToArray(),
            jobs.Select(j => j.Rejected).ToArray(), jobs.Select(j => j.Bytes).ToArray(), jobs.Select(Enriched).ToArray(),
            jobs.Select(j => j.Status == JobStatus.Failed ? Failure(j) : null).ToArray());
        await ExecuteAsync("UPDATE sync_jobs SET status = 'queued', completed_at = NULL, started_at = NULL, error_details = NULL WHERE id = ANY($1)", jobs.Index().Where(j => j.Item.IsRetried).Select(j => ids[j.Index]).ToArray());
        await transaction.CommitAsync(ct);
        return ids;

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = transaction.Command(sql, values);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private static string Failure(EndedJob job)
        => """{"message_key":"#","params":{"host":"\u0000"},"cause":{"message_key":"errors.internal","params":{}}}""".Replace("#", job.ErrorKey, StringComparison.Ordinal);

    private static string? Enriched(EndedJob job)
        => job.CostMicros == 0 ? null : """{"label_studio":{"cost":9},"ai":{"completed":1,"calls":1,"cost":#}}""".Replace("#", (job.CostMicros / 1_000_000m).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
