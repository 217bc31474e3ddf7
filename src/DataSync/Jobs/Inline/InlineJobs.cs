using System.Data.Common;
using System.Text.Json;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Webhooks;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Inline;

/// <summary>The rows of runs in this process: metadata and nothing of a payload. Born running, under fence 1, so that no dispatcher ever hands one out alive.</summary>
internal sealed class InlineJobs(TenantDatabase database, WorkerSession session, EngineOptions options, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>How often an end is tried, and the wait between, where the database or the line to it is away for a moment.</summary>
    private const int EndTries = 4;
    private static readonly TimeSpan EndPause = TimeSpan.FromMilliseconds(300);

    /// <summary>Makes the row once the tenant may run one job more, on whichever machine its others run. Throws where that is not so in time.</summary>
    public async Task<SyncJob> BeginAsync(InlineStart start, DateTimeOffset until, CancellationToken ct)
    {
        while (true)
        {
            if (await TryBeginAsync(start, ct) is { } job) return job;
            if (time.GetUtcNow() + Look > until) throw InlineGate.Refused(options.MaxConcurrentJobsPerTenant);
            await Task.Delay(Look, time, ct);
        }
    }

    /// <summary>
    /// Ends the row; false where another has taken the job over, or where it was called off before it could be completed. A commit whose answer was lost is
    /// looked for: it ended the row, and what it names must stay.
    /// </summary>
    public async Task<bool> EndAsync(SyncJob job, SyncRun run, string status, StageOutcome? outcome, SyncFailure? failure, TimeSpan ran, CancellationToken ct)
    {
        job.Result = outcome is null ? null : JsonSerializer.Serialize(new JobResult(outcome.Exports), JobJson.Options);
        job.ErrorDetails = failure is null ? null : JobFailure.Serialize(failure);
        job.Gap = status == JobStatus.Completed && run.State.Move?.Gap is { } gap ? JsonSerializer.Serialize(gap, JobJson.Options) : null;
        job.ChangeTracking = status == JobStatus.Completed && run.State.Move?.Tracking is { } tracking ? JsonSerializer.Serialize(tracking, JobJson.Options) : null;
        job.Enriched = run.Progress.EnrichmentSummaries is { } enriched ? JsonSerializer.Serialize(enriched, JobJson.Options) : null;
        job.Rules = JobLease.RulesOf(run.Progress.Rules);
        (job.Status, job.Stage, job.RunningMs) = (status, status == JobStatus.Completed ? Stages.Export : job.Stage, (long)ran.TotalMilliseconds);
        (job.RecordCount, job.ErrorCount) = (run.Progress.Processed, run.Progress.Rejected);
        (job.Extracted, job.Refined, job.Exported, job.Bytes) = (run.Progress.Extracted, run.Progress.Refined, run.Progress.Exported, run.Progress.Bytes);
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryEndAsync(job, run, ct);
            }
            catch (Exception e) when (tries < EndTries && AttemptVerdict.IsOwnDatabase(e))
            {
                await Task.Delay(EndPause, time, ct);
            }
        }
    }

    /// <summary>Hands the job to the queue, in the transaction that commits its last records.</summary>
    public static async Task HandOverAsync(DbConnection connection, SyncRun run, long refined, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE sync_jobs SET status = 'queued', lease_until = NULL, lease_pid = NULL, lease_backend_start = NULL, writer_pid = NULL, dispatched_at = NULL, not_before = now(),
                   routed = $4, refined = $5
            WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running'
            """,
            (NpgsqlConnection)connection);
        object[] values =
        [
            run.TenantId, run.JobId, run.Fence, Text(RoutedOf(run), NpgsqlDbType.Json), refined,
        ];
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        if (await command.ExecuteNonQueryAsync(ct) == 0) throw new StaleFenceException();
        await NotifyAsync((NpgsqlConnection)connection, ct);
    }

    /// <summary>JSON of what was routed; null where nothing is.</summary>
    public static string? RoutedOf(SyncRun run) => run.Progress.Routed is { } routed ? JsonSerializer.Serialize(routed.Snapshot(), JobJson.Options) : null;

    private async Task<bool> TryEndAsync(SyncJob job, SyncRun run, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(run.TenantId, ct);
        await using var command = transaction.Command(
            $"""
            WITH ended AS (
                UPDATE sync_jobs SET status = $4, stage = $5, completed_at = now(), running_ms = $6, record_count = $7, error_count = $8, extracted = $9, refined = $10,
                       exported = $11, bytes = $12, result = $13, error_details = $14, gap = $15, change_tracking = $16, enriched = $17, rules = $18, lease_until = NULL, lease_pid = NULL, lease_backend_start = NULL
                WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running' AND ($4 <> 'completed' OR cancel_requested_at IS NULL)
                RETURNING started_at, completed_at)
            SELECT started_at, completed_at FROM ended
            UNION ALL SELECT started_at, completed_at FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'completed' AND $4 = 'completed'
            """,
            run.TenantId, run.JobId, run.Fence, job.Status, Text(job.Stage, NpgsqlDbType.Text), job.RunningMs, job.RecordCount, job.ErrorCount, job.Extracted, job.Refined,
            job.Exported, job.Bytes, Text(job.Result, NpgsqlDbType.Json), Text(job.ErrorDetails, NpgsqlDbType.Text), Text(job.Gap, NpgsqlDbType.Json),
            Text(job.ChangeTracking, NpgsqlDbType.Json), Text(job.Enriched, NpgsqlDbType.Json), Text(job.Rules, NpgsqlDbType.Json));
        await using (var row = await command.ExecuteReaderAsync(ct))
        {
            if (!await row.ReadAsync(ct)) return false;
            (job.StartedAt, job.CompletedAt) = (await row.GetFieldValueAsync<DateTimeOffset>(0, ct), await row.GetFieldValueAsync<DateTimeOffset>(1, ct));
        }

        if (job.Status == JobStatus.Completed && run.State.Move is { } move)
        {
            await using var state = transaction.Command(StateMoves.Sql, StateMoves.Values(run, move));
            await state.ExecuteNonQueryAsync(ct);
        }

        await NotifyAsync(transaction.Connection, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task<SyncJob?> TryBeginAsync(InlineStart start, CancellationToken ct)
    {
        if (session.Current is not { } backend) throw new SyncFailureException(SyncFailure.Transient("errors.service.unavailable") with { RetryAfter = TimeSpan.FromSeconds(1) });
        await using var transaction = await database.BeginAsync(start.TenantId, ct);
        if (await SourceRows.FindAndHoldAsync(transaction, start.SourceId, ct) is null) throw SourceFailure.NotFound();

        var (running, limit) = await TenantCount.CountAsync(transaction, start.TenantId, options.MaxConcurrentJobsPerTenant, ct);
        if (running >= limit) return null;
        var job = NewJob(start);
        transaction.Db.Add(job);
        await OpenIncrementals.SaveAsync(transaction, ct);
        await using var lease = transaction.Command(
            "UPDATE sync_jobs SET started_at = now(), lease_until = now() + $3, lease_pid = $4, lease_backend_start = $5 WHERE tenant_id = $1 AND id = $2",
            start.TenantId, job.Id, options.Lease, backend.Pid, backend.Start);
        await lease.ExecuteNonQueryAsync(ct);
        if (start is { Payload: not null, WorkId: not null })
        {
            // A delivery that was claimed for this job has had one from here on, also when the job's row is removed long after.
            await using var place = transaction.Command("UPDATE webhook_deliveries SET position = 0 WHERE tenant_id = $1 AND job_id = $2", start.TenantId, job.Id);

            // Where the claim is no more, another request took it for dead and runs the delivery.
            if (await place.ExecuteNonQueryAsync(ct) != 1) throw new SyncFailureException(WebhookFailure.InProgress);
        }

        await transaction.CommitChangeAsync(ct, job.Id.ToString("D"));
        return job;
    }

    private SyncJob NewJob(InlineStart start)
    {
        var now = time.GetUtcNow();
        var job = SyncJob.Of(start.WorkId, start.TenantId, start.SourceId, start.SourceType, start.Plan, now);
        (job.CreatedBy, job.CorrelationId, job.TraceParent, job.Language) = (start.CreatedBy, start.CorrelationId, start.TraceParent, start.Language);
        (job.Status, job.Stage, job.StartedAt, job.Fence, job.Attempts, job.LeaseUntil) = (JobStatus.Running, Stages.Extract, now, 1, 1, now + options.Lease);
        return job;
    }

    private static async Task NotifyAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var wake = new NpgsqlCommand($"SELECT pg_notify('{JobOutcome.DispatchChannel}', '')", connection);
        await wake.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter Text(string? value, NpgsqlDbType type) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = type };
}
