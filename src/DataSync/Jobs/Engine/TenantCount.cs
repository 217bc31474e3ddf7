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

    private const string TryEnter = "SELECT t FROM unnest($1::text[]) t WHERE NOT pg_try_advisory_xact_lock($2, hashtext(t))";

    /// <summary>Takes marks back: all of a tenant that others count at this moment, and those beyond the limit.</summary>
    private const string TakeBack = $"""
        WITH marked AS (
            SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place, count(*) OVER (PARTITION BY tenant_id) AS marks
            FROM unnest($1::text[], $2::uuid[]) m(tenant_id, id)),
        counted AS (
            SELECT tenant_id, count(*) AS n FROM sync_jobs
            WHERE tenant_id = ANY ($1) AND (status = 'running' OR (status = 'queued' AND dispatched_at > now() - {HandOutAge}))
            GROUP BY tenant_id)
        UPDATE sync_jobs j SET dispatched_at = NULL FROM marked m LEFT JOIN counted c USING (tenant_id)
        WHERE j.tenant_id = m.tenant_id AND j.id = m.id AND (m.tenant_id = ANY ($3) OR m.place > $4 - (coalesce(c.n, 0) - m.marks))
        RETURNING j.id
        """;

    /// <summary>
    /// Jobs of the tenant that run or were handed out, counted once nobody else counts them; nobody does before the transaction's end. Two statements of one
    /// round trip: a count sees only what was committed before its statement began.
    /// </summary>
    public static async Task<long> CountAsync(TenantTransaction transaction, string tenantId, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = Lock }, new NpgsqlParameter<string> { TypedValue = tenantId } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            SELECT count(*) FROM sync_jobs WHERE tenant_id = $1
               AND ((status = 'running' AND lease_until >= now()) OR (status = 'queued' AND dispatched_at > now() - {HandOutAge}))
            """)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId } },
        });
        await using var answers = await batch.ExecuteReaderAsync(ct);
        await answers.NextResultAsync(ct);
        await answers.ReadAsync(ct);
        return answers.GetInt64(0);
    }

    /// <summary>
    /// Counts again what a dispatcher marked, in a statement that sees all that began meanwhile, and takes back what is too much. Waits for nobody: a tenant
    /// that is being counted is left to the next turn. Returns the jobs taken back.
    /// </summary>
    public static async Task<HashSet<Guid>> TakeBackAsync(
        NpgsqlTransaction transaction, IReadOnlyList<(string Tenant, Guid Id)> marked, int limit, CancellationToken ct)
    {
        HashSet<Guid> back = [];
        if (marked.Count == 0) return back;
        List<string> counting = [];
        await using (var enter = new NpgsqlCommand(TryEnter, transaction.Connection, transaction)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. marked.Select(m => m.Tenant).Distinct(StringComparer.Ordinal)] }, new NpgsqlParameter<int> { TypedValue = Lock } },
        })
        await using (var rows = await enter.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) counting.Add(rows.GetString(0));
        }

        await using var takeBack = new NpgsqlCommand(TakeBack, transaction.Connection, transaction)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. marked.Select(m => m.Tenant)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. marked.Select(m => m.Id)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. counting] },
                new NpgsqlParameter<int> { TypedValue = limit },
            },
        };
        await using var undone = await takeBack.ExecuteReaderAsync(ct);
        while (await undone.ReadAsync(ct)) back.Add(undone.GetGuid(0));
        return back;
    }
}
