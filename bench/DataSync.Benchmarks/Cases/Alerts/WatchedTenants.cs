using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Alerts;

/// <summary>What else there is to look at than jobs: of every tenant three sources with a schedule and a slot each, a hundred deliveries of the last day, and what it has used of language models.</summary>
internal static class WatchedTenants
{
    /// <summary>Fills a database of jobs of so many tenants; nothing of it is a breach.</summary>
    public static async Task FillAsync(Database database, int tenants, CancellationToken ct)
    {
        await database.ExecuteAsync(
            $"""
            SET session_replication_role = replica;
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            SELECT 'tenant-' || t, gen_random_uuid(), 'source-' || s, 's', 'database', json_build_object(), json_build_object(), json_build_object(), true, now(), now(), '', 1
            FROM generate_series(0, {tenants - 1}) t, generate_series(0, 2) s;
            INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, last_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at)
            SELECT tenant_id, source_id, '0 0 * * *', 'UTC', now() + interval '8 hours', now() - interval '16 hours', true, 0, 0, '', now() - interval '40 days', now() FROM data_source_configs;
            INSERT INTO source_slots (tenant_id, source_id, lag_bytes, looked_at, next_look_at) SELECT tenant_id, source_id, 16777216, now(), now() + interval '1 day' FROM data_source_configs;
            INSERT INTO ai_usage (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros)
            SELECT 'tenant-' || t, date_trunc('month', now() AT TIME ZONE 'UTC')::date, 1, 1000, 100, 1, (now() AT TIME ZONE 'UTC')::date, 100, 1 FROM generate_series(0, {tenants - 1}) t;
            INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, replays, job_id)
            SELECT j.tenant_id, gen_random_uuid(), 'source-0', now() - (n * {tenants} + row_number() OVER (PARTITION BY n)) * (interval '1 day' / ({tenants} * 100)), 1, 0, j.id
            FROM (SELECT DISTINCT ON (tenant_id) tenant_id, id FROM sync_jobs WHERE status = 'completed') j, generate_series(0, 99) n
            """, ct);
        foreach (var table in (string[])["data_source_configs", "sync_schedules", "source_slots", "ai_usage", "webhook_deliveries"]) await database.ExecuteAsync($"VACUUM ANALYZE {table}", ct);
    }
}
