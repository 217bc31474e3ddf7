using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Engine;

/// <summary>Ends an attempt: the job is over, or goes back into the queue. Each under the attempt's fence; a stale one changes nothing.</summary>
internal sealed class JobOutcome(TenantDatabase database)
{
    /// <summary>Wakes the dispatchers.</summary>
    public const string DispatchChannel = "datasync_dispatch";

    /// <summary>The job is over; one that was called off is not completed any more. Nobody is woken: the thread that ran it looks itself what is next (<see cref="JobChain"/>). <paramref name="error"/> is the JSON of a <see cref="JobFailure"/>, if it failed.</summary>
    public async Task<bool> EndAsync(SyncRun run, string status, StageOutcome? outcome, string? error, TimeSpan ran, CancellationToken ct)
        => await UpdateAsync(
            run,
            """
            status = $5, completed_at = now(), stage = CASE WHEN $5 = 'completed' THEN 'export' ELSE stage END, lease_until = NULL, lease_pid = NULL, writer_pid = NULL,
            result = coalesce($6, result), error_details = $7, exported = $8, extracted = $9, refined = $10, routed = coalesce($11, routed), gap = coalesce($12, gap), change_tracking = coalesce($13, change_tracking), enriched = coalesce($14, enriched)
            """,
            "($5 <> 'completed' OR cancel_requested_at IS NULL)", wakes: false, status == JobStatus.Completed ? run.State.Move : null, ran, ct,
            status,
            Json(outcome is null ? null : new JobResult(outcome.Exports)),
            Text(error),
            run.Progress.Exported, run.Progress.Extracted, run.Progress.Refined,
            Json(run.Progress.Routed?.Snapshot()),
            Json(status == JobStatus.Completed ? run.State.Move?.Gap : null),
            Json(status == JobStatus.Completed ? run.State.Move?.Tracking : null),
            Json(run.Progress.EnrichmentSummaries));

    /// <summary>
    /// The job goes back into the queue, to be taken up after the wait by any worker. An attempt that does not count leaves the budgets as they were
    /// before it; nor does one count that the database's own restart ended.
    /// </summary>
    public async Task<bool> RequeueAsync(SyncRun run, TimeSpan wait, SyncFailure? failure, bool counts, TimeSpan ran, CancellationToken ct)
        => await UpdateAsync(
            run,
            """
            status = 'queued', lease_until = NULL, lease_pid = NULL, writer_pid = NULL, dispatched_at = NULL, not_before = now() + $5, interruption = $7,
            fruitful_attempts = fruitful_attempts - CASE WHEN fruitless_attempts > 0 OR fruitful_attempts = 0 OR ($6 AND pg_postmaster_start_time() < now() - $4 * interval '1 ms') THEN 0 ELSE 1 END,
            fruitless_attempts = fruitless_attempts - CASE WHEN fruitless_attempts = 0 OR ($6 AND pg_postmaster_start_time() < now() - $4 * interval '1 ms') THEN 0 ELSE 1 END
            """,
            "true", wakes: true, null, ran, ct, wait, counts, Text(failure is null ? null : JobFailure.Serialize(failure)));

    /// <summary>
    /// The job waits, holding nothing: no worker, no place of its tenant, no lease. It has come as far as it can, so the attempt counts for none of the budgets. It rests until
    /// the time is over, its waiting's bound is reached, or it is rung; where it was rung since the attempt began, it is due at once.
    /// </summary>
    public async Task<bool> WaitAsync(SyncRun run, TimeSpan wait, TimeSpan ran, CancellationToken ct)
        => await UpdateAsync(
            run,
            """
            status = 'waiting', lease_until = NULL, lease_pid = NULL, writer_pid = NULL, dispatched_at = NULL, waiting_since = coalesce(waiting_since, now()), interruption = NULL,
            fruitless_attempts = 0, not_before = CASE WHEN rung_at IS NOT NULL THEN now()
                ELSE greatest(now() + interval '1 second', least(now() + $5, coalesce(waiting_since, now()) + $6)) END
            """,
            "cancel_requested_at IS NULL", wakes: false, null, ran, ct, wait, TimeSpan.FromSeconds(run.Plan.AnnotationTimeoutSeconds));

    private async Task<bool> UpdateAsync(SyncRun run, string set, string condition, bool wakes, StateMove? state, TimeSpan ran, CancellationToken ct, params object[] values)
    {
        await using var batch = await database.BatchAsync(run.TenantId, durable: true, ct);
        var update = batch.Add(
            $"UPDATE sync_jobs SET running_ms = running_ms + $4, {set} WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running' AND {condition}",
            [run.TenantId, run.JobId, run.Fence, (long)ran.TotalMilliseconds, .. values]);
        if (state is not null) batch.Add(StateMoves.Sql, StateMoves.Values(run, state));
        if (wakes) batch.Add($"SELECT pg_notify('{DispatchChannel}', '')");
        await batch.ExecuteAsync(ct);
        return update.RecordsAffected > 0;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    internal static NpgsqlParameter Json<T>(T? value) where T : class
        => new() { Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value, JobJson.Options), NpgsqlDbType = NpgsqlDbType.Json };
}

/// <summary>The <c>result</c> of a job.</summary>
internal sealed record JobResult(IReadOnlyList<ExportedFile> Exports);
