using DataSync.Platform.Tenancy;
using DataSync.Refine.LabelStudio.Tasks;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>
/// Which record became which task, in the database. What is noted here is true whoever notes it: two workers that believe they have the same job write the same rows, so
/// no fence is needed.
/// </summary>
internal sealed class SentTasks(TenantDatabase database)
{
    /// <summary>A hint wakes a job no sooner after the one before: who annotates fast would keep a worker busy with looking.</summary>
    private static readonly TimeSpan HintsApart = TimeSpan.FromSeconds(5);

    /// <summary>Notes that a job sends to a project, before it does. Of a job that is gone nothing is noted: its tenant may have been erased.</summary>
    public Task BeginAsync(string tenantId, Guid job, long project, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        await using var insert = transaction.Command(
            "INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) SELECT j.tenant_id, j.id, $3 FROM sync_jobs j WHERE j.tenant_id = $1 AND j.id = $2 FOR KEY SHARE ON CONFLICT DO NOTHING", tenantId, job, project);
        return await insert.ExecuteNonQueryAsync(ct);
    }, ct);

    /// <summary>Notes what became of records that were sent.</summary>
    public Task AddAsync(string tenantId, Guid job, IReadOnlyList<OutgoingTask> tasks, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        await using var insert = transaction.Command(
            """
            INSERT INTO label_studio_tasks (tenant_id, job_id, seq, task_id, settled)
            SELECT $1, $2, t.seq, NULLIF(t.task, 0), t.task = 0 FROM unnest($3, $4) AS t (seq, task) ON CONFLICT DO NOTHING
            """,
            tenantId, job, tasks.Select(t => t.Seq).ToArray(), tasks.Select(t => t.TaskId ?? 0).ToArray());
        return await insert.ExecuteNonQueryAsync(ct);
    }, ct);

    /// <summary>Some of a job's tasks in the order of their records, after one.</summary>
    /// <param name="tenantId">Whose job.</param>
    /// <param name="job">The job.</param>
    /// <param name="after">The last record of the page before; -1 for the first page.</param>
    /// <param name="openOnly">Only those that are waited for.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<IReadOnlyList<LabelStudioTask>> ReadAsync(string tenantId, Guid job, long after, bool openOnly, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<LabelStudioTask>().Where(t => t.JobId == job && t.Seq > after && (!openOnly || !t.Settled)).OrderBy(t => t.Seq).Take(count).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>What became of some records of a job.</summary>
    public async Task<IReadOnlyList<LabelStudioTask>> FindAsync(string tenantId, Guid job, long[] seqs, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<LabelStudioTask>().Where(t => t.JobId == job && seqs.Contains(t.Seq)).OrderBy(t => t.Seq).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>Notes that a record is another task, which is waited for.</summary>
    public Task MoveAsync(string tenantId, Guid job, long seq, long task, CancellationToken ct) => database.RunAsync(
        tenantId, t => t.Db.Set<LabelStudioTask>().Where(r => r.JobId == job && r.Seq == seq).ExecuteUpdateAsync(set => set.SetProperty(r => r.TaskId, task).SetProperty(r => r.Settled, false), ct), ct);

    /// <summary>Notes that nothing more is waited for of some records.</summary>
    public Task SettleAsync(string tenantId, Guid job, List<long> seqs, CancellationToken ct)
        => seqs.Count == 0 ? Task.CompletedTask : database.RunAsync(tenantId, t => t.Db.Set<LabelStudioTask>().Where(r => r.JobId == job && seqs.Contains(r.Seq)).ExecuteUpdateAsync(set => set.SetProperty(r => r.Settled, true), ct), ct);

    /// <summary>How many of a job's records were sent, and how many are waited for.</summary>
    public async Task<(int Sent, int Open)> CountAsync(string tenantId, Guid job, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var rows = transaction.Db.Set<LabelStudioTask>().Where(t => t.JobId == job);
        return (await rows.CountAsync(ct), await rows.CountAsync(t => !t.Settled, ct));
    }

    /// <summary>Forgets which task was which: the job has its results. That it sent to the project stays known, as the tasks stay there.</summary>
    public Task EndAsync(string tenantId, Guid job, CancellationToken ct)
        => database.RunAsync(tenantId, t => t.Db.Set<LabelStudioTask>().Where(j => j.JobId == job).ExecuteDeleteAsync(ct), ct);

    /// <summary>The jobs that have tasks in a project and were not woken just now; from here on they were.</summary>
    public Task<List<Guid>> HintAsync(string tenantId, long project, CancellationToken ct) => database.RunAsync(tenantId, transaction => transaction.Db.Database.SqlQuery<Guid>(
        $"UPDATE label_studio_jobs SET hinted_at = now() WHERE project_id = {project} AND EXISTS (SELECT FROM label_studio_tasks t WHERE t.tenant_id = label_studio_jobs.tenant_id AND t.job_id = label_studio_jobs.job_id) AND (hinted_at IS NULL OR hinted_at < now() - {HintsApart}) RETURNING job_id AS \"Value\"").ToListAsync(ct), ct);
}
