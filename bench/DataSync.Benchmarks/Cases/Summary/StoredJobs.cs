using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Summary;

/// <summary>A database in which many tenants' jobs have ended.</summary>
internal static class StoredJobs
{
    private const string Percent = "(get_byte(uuid_send(id), 15) * 256 + get_byte(uuid_send(id), 14)) % 100";

    /// <summary>Jobs that ended over the last 30 days, tenants mixed as time mixes them; by a superuser and without triggers, which forbid a job that is born ended.</summary>
    public static async Task FillAsync(Database database, long jobs, int tenants, CancellationToken ct)
    {
        await database.ExecuteAsync(
            $"""
            SET session_replication_role = replica;
            INSERT INTO sync_jobs (tenant_id, id, source_id, source_type, mode, sync_type, status, stage, record_count, error_count, extracted, refined, exported, bytes, config, checkpoint, result, error_details,
                created_at, started_at, completed_at, created_by, correlation_id, language, timeout_seconds, running_ms, fence, attempts, fruitless_attempts, fruitful_attempts, furthest)
            SELECT 'tenant-' || (n % {tenants}), gen_random_uuid(), 'source-' || (n / {tenants} % 10), 'read', 'async', 'full', 'completed', 'export', n % 1000, n % 7, n % 1000, n % 1000, n % 1000, n % 100000,
                json_build_object('mode', 'async', 'padding', repeat('x', 300)), json_build_object(), NULL, NULL,
                at - interval '4 seconds', at - interval '3 seconds' - (n % 5000) * interval '1 ms', at, 'bench', '', 'en-US', 300, 3000, 1, 1, 0, 1, 1
            FROM (SELECT n, date_trunc('milliseconds', now()) - n * (interval '30 days' / {jobs + 1}) AS at FROM generate_series(1, {jobs}) n) g
            """, ct);
        await database.ExecuteAsync(
            $"""
            SET session_replication_role = replica;
            UPDATE sync_jobs SET status = CASE WHEN {Percent} < 2 THEN 'failed' ELSE 'cancelled' END, error_details = CASE WHEN {Percent} < 2 THEN json_build_object('message_key', 'errors.connection.refused') END
            WHERE {Percent} < 3;
            INSERT INTO sync_job_endings (tenant_id, job_id, source_id, status, ended_at, duration_ms, running_ms, records, rejected, bytes, llm_cost_micros, error_key)
            SELECT tenant_id, id, source_id, status, completed_at, (extract(epoch FROM completed_at - started_at) * 1000)::bigint, running_ms, record_count, error_count, bytes, 0, CASE WHEN status = 'failed' THEN 'errors.connection.refused' END
            FROM sync_jobs ORDER BY completed_at;
            """, ct);
        await database.ExecuteAsync("VACUUM ANALYZE sync_jobs", ct);
        await database.ExecuteAsync("VACUUM ANALYZE sync_job_endings", ct);
    }
}
