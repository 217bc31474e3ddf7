using DataSync.Platform.Tenancy;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Counting a tenant's running jobs before one more begins. Jobs begin in two ways, by a dispatcher and in the process that took a request, so both count
/// under one lock of the tenant: what either lets begin, the other sees.
/// </summary>
internal static class TenantCount
{
    /// <summary>First key of the lock; the second is the tenant.</summary>
    private const int Lock = 730516184;

    /// <summary>
    /// How long a job handed out and not begun counts as handed out. No more is handed out than threads are free, so an older one is lost, or sits with a
    /// worker that no longer moves. Handing out a second time does no harm: the claim decides.
    /// </summary>
    internal const string HandOutAge = "interval '15 seconds'";

    /// <summary>The tenants of this turn's marks that somebody else counts at this moment. Whoever is not among them is counted by nobody else before the transaction's end.</summary>
    private const string Enter =
        """
        SELECT set_config('datasync.counting', coalesce(array_agg(tenant_id) FILTER (WHERE NOT pg_try_advisory_xact_lock($1, hashtext(tenant_id))), '{}')::text, true)
        FROM (SELECT DISTINCT tenant_id FROM sync_jobs WHERE status = 'queued' AND dispatched_at = nullif(current_setting('datasync.turn'), '')::timestamptz) m
        """;

    /// <summary>Takes marks back: all of a tenant that others count at this moment, and those beyond the limit.</summary>
    private const string TakeBack = $"""
        WITH marked AS (
            SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place, count(*) OVER (PARTITION BY tenant_id) AS marks
            FROM sync_jobs WHERE status = 'queued' AND dispatched_at = nullif(current_setting('datasync.turn'), '')::timestamptz),
        counted AS (
            SELECT tenant_id, count(*) AS n FROM sync_jobs
            WHERE tenant_id IN (SELECT tenant_id FROM marked) AND (status = 'running' OR (status = 'queued' AND dispatched_at > now() - {HandOutAge}))
            GROUP BY tenant_id)
        UPDATE sync_jobs j SET dispatched_at = NULL FROM marked m LEFT JOIN counted c USING (tenant_id)
        WHERE j.tenant_id = m.tenant_id AND j.id = m.id
          AND (m.tenant_id = ANY (current_setting('datasync.counting')::text[]) OR m.place > coalesce((SELECT s.max_concurrent_jobs FROM tenant_settings s WHERE s.tenant_id = m.tenant_id), $1) - (coalesce(c.n, 0) - m.marks))
        RETURNING j.id
        """;

    /// <summary>
    /// Jobs of the tenant that run or were handed out, counted once nobody else counts them; nobody does before the transaction's end. Two statements of one
    /// round trip: a count sees only what was committed before its statement began. A job whose worker is gone goes on elsewhere, so it counts; a realtime one never does.
    /// </summary>
    /// <returns>The count, and the limit: the tenant's own, or <paramref name="limit"/> where it has none.</returns>
    public static async Task<(long Count, int Limit)> CountAsync(TenantTransaction transaction, string tenantId, int limit, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = Lock }, new NpgsqlParameter<string> { TypedValue = tenantId } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            SELECT count(*), coalesce((SELECT max_concurrent_jobs FROM tenant_settings WHERE tenant_id = $1), $2) FROM sync_jobs WHERE tenant_id = $1
               AND ((status = 'running' AND (lease_until >= now() OR mode <> 'realtime')) OR (status = 'queued' AND dispatched_at > now() - {HandOutAge}))
            """)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId }, new NpgsqlParameter<int> { TypedValue = limit } },
        });
        await using var answers = await batch.ExecuteReaderAsync(ct);
        await answers.NextResultAsync(ct);
        await answers.ReadAsync(ct);
        return (answers.GetInt64(0), answers.GetInt32(1));
    }

    /// <summary>
    /// Adds to a turn two statements that count again what it marked, seeing all that began meanwhile, and take back what is too much; the second answers with
    /// the jobs taken back. Waits for nobody: a tenant that is being counted is left to the next turn.
    /// </summary>
    public static void AddTakeBack(NpgsqlBatch turn, int limit)
    {
        turn.BatchCommands.Add(new NpgsqlBatchCommand(Enter) { Parameters = { new NpgsqlParameter<int> { TypedValue = Lock } } });
        turn.BatchCommands.Add(new NpgsqlBatchCommand(TakeBack) { Parameters = { new NpgsqlParameter<int> { TypedValue = limit } } });
    }
}
