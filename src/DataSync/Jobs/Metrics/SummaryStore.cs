using DataSync.Platform.Tenancy;
using Npgsql;

namespace DataSync.Jobs.Metrics;

/// <summary>Counts a tenant's window in one statement, from one index; another one tells the load. Both see the tenant's rows alone, as every statement in its transaction.</summary>
internal sealed class SummaryStore(TenantDatabase database)
{
    /// <summary>Of <c>$1</c>, the tenant, over <c>$2</c> until <c>$3</c>, null for now; of the source <c>$4</c>, null for all.</summary>
    internal const string WindowSql =
        """
        WITH bounds AS MATERIALIZED (SELECT coalesce($3, now()) - $2 AS first, coalesce($3, now()) AS until),
        jobs AS MATERIALIZED (
            SELECT e.status, e.duration_ms, e.records, e.rejected, e.bytes, e.llm_cost_micros, e.error_key
            FROM sync_job_endings e
            WHERE e.tenant_id = $1 AND e.ended_at >= (SELECT first FROM bounds) AND e.ended_at < (SELECT until FROM bounds) AND ($4::text IS NULL OR e.source_id = $4)),
        errors AS (SELECT error_key, count(*) AS n FROM jobs WHERE status = 'failed' GROUP BY error_key)
        SELECT (SELECT first FROM bounds), (SELECT until FROM bounds),
            count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
            (avg(duration_ms) FILTER (WHERE status = 'completed'))::double precision,
            percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99, 1]::double precision[]) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status = 'completed'),
            coalesce(sum(records), 0)::bigint, coalesce(sum(rejected), 0)::bigint, coalesce(sum(bytes), 0)::bigint, coalesce(sum(llm_cost_micros), 0)::bigint,
            (SELECT coalesce(array_agg(error_key::text ORDER BY n DESC, error_key), '{}') FROM errors), (SELECT coalesce(array_agg(n ORDER BY n DESC, error_key), '{}') FROM errors)
        FROM jobs
        """;

    private const string LoadSql =
        """
        SELECT (SELECT count(*) FROM sync_jobs WHERE tenant_id = $1 AND status = 'running'),
            coalesce((SELECT queued::bigint FROM tenant_queues WHERE tenant_id = $1), 0),
            (SELECT count(*) FROM sync_jobs WHERE tenant_id = $1 AND status = 'waiting'),
            (SELECT extract(epoch FROM now() - min(greatest(created_at, not_before)))::double precision FROM sync_jobs WHERE tenant_id = $1 AND status = 'queued')
        """;

    /// <summary>The tenant's summary over a window.</summary>
    public async Task<TenantSummary> ReadAsync(string tenantId, SummaryWindow window, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: true, ct);
        batch.Add(WindowSql, tenantId, window.Length, Time(window.Until), new NpgsqlParameter { Value = (object?)window.SourceId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        batch.Add(LoadSql, tenantId);
        await using var rows = await batch.ReadAsync(ct);
        await rows.ReadAsync(ct);
        string[] keys = await rows.GetFieldValueAsync<string[]>(11, ct);
        long[] counts = await rows.GetFieldValueAsync<long[]>(12, ct);
        var summary = new TenantSummary
        {
            From = await rows.GetFieldValueAsync<DateTimeOffset>(0, ct),
            To = await rows.GetFieldValueAsync<DateTimeOffset>(1, ct),
            Completed = rows.GetInt64(2),
            Failed = rows.GetInt64(3),
            Cancelled = rows.GetInt64(4),
            AverageMs = await rows.IsDBNullAsync(5, ct) ? null : rows.GetDouble(5),
            PercentilesMs = await rows.IsDBNullAsync(6, ct) ? [] : await rows.GetFieldValueAsync<long[]>(6, ct),
            Records = rows.GetInt64(7),
            Rejected = rows.GetInt64(8),
            Bytes = rows.GetInt64(9),
            LlmCostMicros = rows.GetInt64(10),
            Errors = [.. keys.Zip(counts)],
            Now = new TenantLoad(0, 0, 0, null),
        };
        await rows.NextResultAsync(ct);
        await rows.ReadAsync(ct);
        return summary with { Now = new TenantLoad(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), await rows.IsDBNullAsync(3, ct) ? null : Math.Max(0, rows.GetDouble(3))) };
    }

    private static NpgsqlParameter Time(DateTimeOffset? time) => new() { Value = time is { } given ? given.ToUniversalTime() : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz };
}
