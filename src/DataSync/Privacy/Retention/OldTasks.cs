using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;

namespace DataSync.Privacy.Retention;

/// <summary>
/// Removes the tasks at servers of annotators whose records have gone: with them their content would stay there. What is to be done is in the rows of the jobs that sent, which outlive their jobs: a server that is not reached is
/// asked again in an hour, once for each project, for as long as the project is the tenant's.
/// </summary>
internal sealed partial class OldTasks(TenantDatabase database, ForgetTasksOfJobs forget, ILogger<OldTasks> logger)
{
    /// <summary>What the audit log calls it.</summary>
    public const string Kind = "annotation_tasks";

    /// <summary>Jobs whose tasks go in one reading of their project, and whose rows are held meanwhile.</summary>
    private const int Most = 20;

    /// <summary>Jobs that keep records still have their tasks; so does one that is open, which may send.</summary>
    private const string DueSql =
        """
        SELECT l.job_id FROM label_studio_jobs l LEFT JOIN sync_jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
        WHERE l.tenant_id = $1 AND l.project_id = $2 AND l.job_id < public.uuid7_floor($3) AND (j.id IS NULL OR j.completed_at IS NOT NULL)
            AND NOT EXISTS (SELECT FROM sync_data d WHERE d.tenant_id = l.tenant_id AND d.job_id = l.job_id)
        ORDER BY l.job_id LIMIT $4
        """;

    /// <summary>Does it for a tenant, project by project.</summary>
    /// <param name="removal">Whose, of jobs made before when; counts tasks.</param>
    /// <param name="confirm">Asked before each reading of a project: throws where the turn is lost.</param>
    /// <param name="ct">Ends it between two tasks.</param>
    /// <returns>False where a server was not reached.</returns>
    public async Task<bool> SweepAsync(Removal removal, Func<CancellationToken, Task> confirm, CancellationToken ct)
    {
        var all = true;
        foreach (var project in await ProjectsAsync(removal.TenantId, ct))
        {
            try
            {
                while (await SomeAsync(removal, project, confirm, ct) == Most) { }
            }
            catch (SyncFailureException e)
            {
                all = false;
                Log.NotReached(logger, project, e.Failure.MessageKey);
            }
        }

        return all;
    }

    /// <summary>The jobs are held, so that none is retried and sends while its tasks go; returns how many there were.</summary>
    private async Task<int> SomeAsync(Removal removal, long project, Func<CancellationToken, Task> confirm, CancellationToken ct)
    {
        var tenant = removal.TenantId;
        await using var held = await database.BeginAsync(tenant, ct);
        var due = await ListAsync(held, DueSql, ct, tenant, project, removal.Before, Most);
        if (due.Count == 0) return 0;
        await using (var hold = held.Command("SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id FOR KEY SHARE", tenant, due.ToArray())) await hold.ExecuteNonQueryAsync(ct);

        // Asked again of those that are held: one that was retried in between sends by now.
        var jobs = await ListAsync(held, DueSql, ct, tenant, project, removal.Before, Most);
        jobs.RemoveAll(job => !due.Contains(job));
        if (jobs.Count == 0) return 0;
        await confirm(ct);
        var outcome = await forget(tenant, project, jobs, ct);
        removal.Count += outcome.Forgotten;
        if (outcome.OutOfReach > 0) Log.OutOfReach(logger, outcome.OutOfReach, project);
        await using (var done = held.Command("DELETE FROM label_studio_jobs WHERE tenant_id = $1 AND job_id = ANY ($2)", tenant, jobs.ToArray())) await done.ExecuteNonQueryAsync(ct);
        await held.CommitAsync(ct);
        return due.Count;
    }

    private async Task<List<long>> ProjectsAsync(string tenantId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT DISTINCT project_id FROM label_studio_jobs WHERE tenant_id = $1 ORDER BY 1", tenantId);
        await using var rows = await batch.ReadAsync(ct);
        List<long> projects = [];
        while (await rows.ReadAsync(ct)) projects.Add(rows.GetInt64(0));
        return projects;
    }

    private static async Task<List<Guid>> ListAsync(TenantTransaction transaction, string sql, CancellationToken ct, params object[] values)
    {
        await using var read = transaction.Command(sql, values);
        await using var rows = await read.ExecuteReaderAsync(ct);
        List<Guid> jobs = [];
        while (await rows.ReadAsync(ct)) jobs.Add(rows.GetGuid(0));
        return jobs;
    }

    private static partial class Log
    {
        [LoggerMessage(2120, LogLevel.Warning, "Tasks of records that have had their time are still in project {Project} ({MessageKey}); tried again in an hour")]
        public static partial void NotReached(ILogger logger, long project, string messageKey);

        [LoggerMessage(2121, LogLevel.Warning, "Tasks of {Jobs} jobs whose records have had their time stay in project {Project}, which is not the tenant's any more")]
        public static partial void OutOfReach(ILogger logger, int jobs, long project);
    }
}
