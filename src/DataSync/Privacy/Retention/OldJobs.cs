using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Stores;

namespace DataSync.Privacy.Retention;

/// <summary>
/// Takes rows from jobs that have ended. The jobs are held while some of their rows go, so that none is retried in between; one that may be retried later begins from nothing from then on, as what is left would
/// be given out as all there was.
/// </summary>
internal static class OldJobs
{
    /// <summary>The table of stored records.</summary>
    public const string Records = "sync_data";

    /// <summary>The table of what enrichers made of them.</summary>
    public const string Enrichments = "sync_enrichments";

    private const string OfOldJobs = "o.tenant_id = $1 AND o.job_id < public.uuid7_floor($2) AND NOT EXISTS (SELECT FROM sync_jobs j WHERE j.tenant_id = $1 AND coalesce(j.export_of, j.id) = o.job_id AND j.completed_at IS NULL)";

    /// <summary>Removes the rows in a table of jobs made before a time, some in each transaction. Rows of which there is no job any more go, too.</summary>
    /// <param name="database">Where.</param>
    /// <param name="removal">Whose, and of jobs made before when; counts them.</param>
    /// <param name="table">The table.</param>
    /// <param name="chunk">How many rows a transaction takes at most.</param>
    /// <param name="ct">Ends it between two transactions, or in one, which then has not been.</param>
    public static async Task SweepAsync(TenantDatabase database, Removal removal, string table, int chunk, CancellationToken ct)
    {
        var tenantId = removal.TenantId;
        for (var done = 1; done > 0;)
        {
            done = await database.RunAsync(tenantId, async transaction =>
            {
                List<Guid> jobs = [];
                await using (var read = transaction.Command($"SELECT DISTINCT job_id FROM (SELECT o.job_id FROM {table} o WHERE {OfOldJobs} LIMIT $3) c", tenantId, removal.Before, chunk))
                await using (var rows = await read.ExecuteReaderAsync(ct))
                {
                    while (await rows.ReadAsync(ct)) jobs.Add(rows.GetGuid(0));
                }

                foreach (var open in await HoldAsync(transaction, tenantId, jobs, ct)) jobs.Remove(open);
                if (jobs.Count == 0) return 0;
                await BegunAgain.FromNothingAsync(transaction, tenantId, jobs, ct);
                if (IsExported(table)) await RetireAsync(transaction, tenantId, jobs, removal.Now, ct);
                await using var delete = transaction.Command(SomeSql(table), tenantId, jobs.ToArray(), chunk);
                return await delete.ExecuteNonQueryAsync(ct);
            }, ct);
            removal.Count += done;
        }
    }

    /// <summary>Whether a job's files are made of the table's rows.</summary>
    public static bool IsExported(string table) => table is Records or Enrichments;

    /// <summary>
    /// Removes some rows of jobs. By their places, found once: a planner that takes the table for small (of a new leaf it knows nothing) would find them anew for every row. In several leaves some more may have such places, and
    /// go as well. Parameters: tenant, jobs, how many.
    /// </summary>
    public static string SomeSql(string table)
        => $"DELETE FROM {table} WHERE tenant_id = $1 AND job_id = ANY ($2) AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE tenant_id = $1 AND job_id = ANY ($2) LIMIT $3))";

    /// <summary>Notes, before the first record goes, that what is stored of some jobs is not all there was: they are not exported again, and nobody takes their records for what their files hold. Erasures take single records and note nothing.</summary>
    public static async Task RetireAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, DateTimeOffset now, CancellationToken ct)
    {
        await using var note = transaction.Command("UPDATE sync_jobs SET retired_at = $3 WHERE tenant_id = $1 AND id = ANY ($2) AND retired_at IS NULL", tenantId, jobs.ToArray(), now);
        await note.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Holds a job that ended before a time, and lets a retry of it begin from nothing; false where it is open, ended later, is gone, or is being exported again.</summary>
    public static async Task<bool> BeginAgainAsync(TenantTransaction transaction, string tenantId, Guid job, DateTimeOffset before, CancellationToken ct)
    {
        if ((await HoldEndedAsync(transaction, tenantId, [job], before, ct)).Count == 0) return false;
        await BegunAgain.FromNothingAsync(transaction, tenantId, [job], ct);
        return true;
    }

    /// <summary>Those that ended before a time, held until the transaction ends, but for those that are being exported again.</summary>
    public static async Task<List<Guid>> HoldEndedAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, DateTimeOffset before, CancellationToken ct)
    {
        var open = await HoldAsync(transaction, tenantId, jobs, ct);
        List<Guid> ended = [];
        await using var read = transaction.Command("SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id = ANY ($2) AND completed_at < $3", tenantId, jobs.ToArray(), before);
        await using var rows = await read.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            if (rows.GetGuid(0) is var job && !open.Contains(job)) ended.Add(job);
        }

        return ended;
    }

    /// <summary>Holds jobs and those that export them again; returns those of which one is open.</summary>
    private static async Task<HashSet<Guid>> HoldAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, CancellationToken ct)
    {
        await using var hold = transaction.Command(
            "SELECT coalesce(export_of, id) FROM sync_jobs WHERE tenant_id = $1 AND (id = ANY ($2) OR export_of = ANY ($2)) ORDER BY id FOR UPDATE", tenantId, jobs.ToArray());
        await hold.ExecuteNonQueryAsync(ct);

        // A statement of its own: what it sees has been held by then.
        await using var read = transaction.Command("SELECT id, export_of FROM sync_jobs WHERE tenant_id = $1 AND (id = ANY ($2) OR export_of = ANY ($2)) AND completed_at IS NULL", tenantId, jobs.ToArray());
        await using var rows = await read.ExecuteReaderAsync(ct);
        HashSet<Guid> open = [];
        while (await rows.ReadAsync(ct))
        {
            open.Add(rows.GetGuid(0));
            if (!await rows.IsDBNullAsync(1, ct)) open.Add(rows.GetGuid(1));
        }

        return open;
    }
}
