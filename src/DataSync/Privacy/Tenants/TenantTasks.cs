using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Tenants;

/// <summary>
/// Removes what a tenant's records became at servers of annotators: before its keys go, as credentials of the tenant's own servers are sealed under them. The rows of the jobs that sent stay until the tenant's others go, so that it
/// may be repeated.
/// </summary>
internal sealed class TenantTasks(TenantDatabase database, ForgetTasksOfJobs forget)
{
    /// <summary>Cancels the jobs that may still send, then goes through project by project; one whose server fails holds up no other. Begins anew for what was sent meanwhile: schedules and webhooks make jobs until their rows go.</summary>
    public async Task<ForgottenTenantTasks> ForgetAsync(string tenantId, CancellationToken ct)
    {
        var (tasks, outOfReach) = (0, 0);
        List<UnreachedProject> unreached = [];
        HashSet<Guid> seen = [];
        for (var isMore = true; isMore && unreached.Count == 0;)
        {
            await CancelAsync(tenantId, ct);
            isMore = false;
            foreach (var (project, jobs) in await ProjectsAsync(tenantId, ct))
            {
                var sent = jobs.Where(seen.Add).ToArray();
                if (sent.Length == 0) continue;
                isMore = true;
                try
                {
                    var outcome = await forget(tenantId, project, sent, ct);
                    (tasks, outOfReach) = (tasks + outcome.Forgotten, outOfReach + outcome.OutOfReach);
                }
                catch (SyncFailureException e)
                {
                    unreached.Add(new UnreachedProject(project, e.Failure.MessageKey));
                }
            }
        }

        return new ForgottenTenantTasks(tasks, outOfReach, unreached);
    }

    /// <summary>Whoever works on one has lost the right to go on. Locked in the order of their ids, as others lock several.</summary>
    private Task<int> CancelAsync(string tenantId, CancellationToken ct) => database.RunAsync(
        tenantId,
        async transaction =>
        {
            await using var cancel = transaction.Command(
                """
                UPDATE sync_jobs j SET status = 'cancelled', completed_at = now(), cancel_requested_at = now()
                FROM (SELECT id FROM sync_jobs WHERE tenant_id = $1 AND status IN ('queued', 'running', 'waiting') ORDER BY id FOR UPDATE) o
                WHERE j.tenant_id = $1 AND j.id = o.id
                """,
                tenantId);
            return await cancel.ExecuteNonQueryAsync(ct);
        },
        ct);

    private async Task<List<(long Project, Guid[] Jobs)>> ProjectsAsync(string tenantId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT project_id, array_agg(job_id) FROM label_studio_jobs WHERE tenant_id = $1 GROUP BY project_id ORDER BY project_id", tenantId);
        await using var rows = await batch.ReadAsync(ct);
        List<(long Project, Guid[] Jobs)> projects = [];
        while (await rows.ReadAsync(ct)) projects.Add((rows.GetInt64(0), rows.GetFieldValue<Guid[]>(1)));
        return projects;
    }
}

/// <summary>What became of a tenant's tasks.</summary>
/// <param name="Tasks">Tasks removed.</param>
/// <param name="OutOfReach">Jobs whose tasks stay in a project that is not the tenant's any more.</param>
/// <param name="Unreached">Projects whose tasks could not be removed, or not all.</param>
internal sealed record ForgottenTenantTasks(int Tasks, int OutOfReach, IReadOnlyList<UnreachedProject> Unreached);
