using DataSync.Jobs.Engine;
using DataSync.Jobs.History;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DataSync.Jobs;

/// <summary>Makes, finds and cancels jobs. A job is durable before anybody is told of it; the commit's notification wakes a dispatcher.</summary>
internal sealed class SyncManager(TenantDatabase database, EngineOptions options, TimeProvider time)
{
    /// <summary>A job may have had a thousand attempts; nobody reads them all.</summary>
    private const int AttemptsShown = 100;

    /// <summary>The job that a repeatable request made before; null where it made none.</summary>
    public static async Task<JobDetails?> MadeBeforeAsync(TenantTransaction transaction, string tenantId, Guid? workId, CancellationToken ct)
        => workId is { } id && await transaction.Db.Set<SyncJob>().AsNoTracking().FirstOrDefaultAsync(j => j.Id == id, ct) is { } made
            ? new JobDetails(made, (await QueuePositions.OfAsync(transaction, tenantId, [made], ct)).TryGetValue(id, out var place) ? place : null)
            : null;

    /// <summary>Queues a sync. Throws <see cref="SyncFailureException"/> where the tenant's queue is full.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="command">What for.</param>
    /// <param name="workId">Names the work of a repeatable request (a UUIDv7): where its job was made before, that job is the answer.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<JobDetails> StartAsync(Caller caller, StartCommand command, Guid? workId, CancellationToken ct)
    {
        var job = SyncJob.Of(workId, caller, command.SourceId, command.RecordSource, command.Plan, time.GetUtcNow());
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        if (await MadeBeforeAsync(transaction, caller.Tenant, workId, ct) is { } made) return made;

        // Held to the commit, so that the source cannot be deleted under a job that is being made of it.
        if (await SourceRows.FindAndHoldAsync(transaction, command.SourceId, ct) is null) throw SourceFailure.NotFound();
        transaction.Db.Add(job);
        await OpenIncrementals.SaveAsync(transaction, ct);
        var queued = await WakeAsync(transaction, options, ct);
        await transaction.CommitChangeAsync(ct, job.Id.ToString("D"));
        return new JobDetails(job, queued);
    }

    /// <summary>
    /// To be called with a job newly queued in the transaction: refuses it where the tenant's queue is too long now, and wakes a dispatcher with the commit.
    /// The queue's length is locked by the job's own entry, so the limit holds whoever else is queueing. Returns the length.
    /// </summary>
    internal static async Task<long> WakeAsync(TenantTransaction transaction, EngineOptions options, CancellationToken ct)
    {
        await using var command = transaction.Command("SELECT queued, pg_notify($1, '') FROM tenant_queues", JobOutcome.DispatchChannel);
        var queued = (int)(await command.ExecuteScalarAsync(ct))!;
        if (queued <= options.MaxQueuedJobsPerTenant) return queued;
        throw new SyncFailureException(SyncFailure.Transient("errors.job.queue_full", ("limit", options.MaxQueuedJobsPerTenant)) with { RetryAfter = TimeSpan.FromSeconds(30) });
    }

    /// <summary>The job, or null where this tenant has none of that id.</summary>
    public async Task<SyncJob?> FindAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<SyncJob>().AsNoTracking().FirstOrDefaultAsync(j => j.Id == jobId, ct);
    }

    /// <summary>The job with its place in the queue and its history; null where this tenant has none of that id.</summary>
    public async Task<JobDetails?> FindDetailsAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (await transaction.Db.Set<SyncJob>().AsNoTracking().FirstOrDefaultAsync(j => j.Id == jobId, ct) is not { } job) return null;
        var positions = await QueuePositions.OfAsync(transaction, tenantId, [job], ct);
        var attempts = await transaction.Db.Set<SyncJobAttempt>().AsNoTracking().Where(a => a.JobId == jobId).OrderByDescending(a => a.Fence).Take(AttemptsShown).ToListAsync(ct);
        attempts.Reverse();
        var first = attempts.Count > 0 ? attempts[0].Fence : 0;
        var stages = await transaction.Db.Set<SyncJobStage>().AsNoTracking().Where(s => s.JobId == jobId && s.Fence >= first).OrderBy(s => s.Fence).ThenBy(s => s.StartedAt).ToListAsync(ct);
        return new JobDetails(job, positions.TryGetValue(jobId, out var position) ? position : null, attempts, stages);
    }

    /// <summary>Jobs from the newest to the oldest, beginning below <paramref name="before"/>.</summary>
    public async Task<IReadOnlyList<JobDetails>> ListAsync(string tenantId, string? status, string? sourceId, Guid? before, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var jobs = transaction.Db.Set<SyncJob>().AsNoTracking();
        if (status is not null) jobs = jobs.Where(j => j.Status == status);
        if (sourceId is not null) jobs = jobs.Where(j => j.SourceId == sourceId);
        if (before is { } id) jobs = jobs.Where(j => j.Id.CompareTo(id) < 0);
        var found = await jobs.OrderByDescending(j => j.Id).Take(count).ToListAsync(ct);
        var positions = await QueuePositions.OfAsync(transaction, tenantId, found, ct);
        return [.. found.Select(j => new JobDetails(j, positions.TryGetValue(j.Id, out var position) ? position : null))];
    }

    /// <summary>See <see cref="Pipeline.FindExportsAgain"/>.</summary>
    public async Task<IReadOnlyList<Guid>> ExportsAgainAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<SyncJob>().Where(j => j.ExportOf == jobId && j.Status == JobStatus.Completed).OrderBy(j => j.Id).Select(j => j.Id).ToListAsync(ct);
    }

    /// <summary>
    /// Calls a job off: at once where nobody runs it, else the worker is told. False where this tenant has no such job; throws where it has ended otherwise.
    /// </summary>
    public async Task<bool> CancelAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await using var command = transaction.Command(
            """
            UPDATE sync_jobs SET cancel_requested_at = coalesce(cancel_requested_at, now()),
                   status = CASE WHEN status IN ('queued', 'waiting') THEN 'cancelled' ELSE status END,
                   completed_at = CASE WHEN status IN ('queued', 'waiting') THEN now() ELSE completed_at END
            WHERE tenant_id = $1 AND id = $2 RETURNING status
            """,
            tenantId, jobId);
        var status = (string?)await command.ExecuteScalarAsync(ct);
        if (status is null) return false;
        if (status is JobStatus.Completed or JobStatus.Failed) throw new SyncFailureException(SyncFailure.Permanent("errors.job.ended", ("status", status)));
        await NotifyAsync(transaction, WorkerSession.CancelChannel, jobId.ToString("D"), ct);

        // A dispatcher ends it where its worker is gone.
        await NotifyAsync(transaction, JobOutcome.DispatchChannel, "", ct);
        await transaction.CommitChangeAsync(ct);
        return true;
    }

    private static async Task NotifyAsync(TenantTransaction transaction, string channel, string payload, CancellationToken ct)
    {
        await using NpgsqlCommand notify = transaction.Command("SELECT pg_notify($1, $2)", channel, payload);
        await notify.ExecuteNonQueryAsync(ct);
    }
}
