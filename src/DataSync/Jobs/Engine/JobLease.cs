using System.Data.Common;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Refinement;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Who holds a job. A claim raises the fence by the database's own clock and number; every later statement of the attempt names the fence it was given,
/// and where it no longer matches, nothing happens. So a worker that slept or was cut off can do no harm when it wakes.
/// </summary>
internal sealed class JobLease(TenantDatabase database, WorkerSession session, EngineOptions options, TimeProvider time, ILogger<JobLease> logger)
{
    /// <summary>Why a job that was taken over had to be.</summary>
    private static readonly string Lost = JobFailure.Serialize(SyncFailure.Transient("errors.job.worker_lost"));

    /// <summary>How often a claim is tried, and the wait between: the worker's session or the database may be away for a moment, and whoever gives up leaves the job lying until its mark is old.</summary>
    private const int ClaimTries = 5;
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Takes the job; null if it is not to be had: ended, held by a live worker, or queued and not handed out just now. One that was handed out long ago counts as
    /// handed out no more, so others may have its place: the dispatcher is to hand it out again. The time a lost attempt ran counts; that it moved nothing counts
    /// too, unless the database itself was restarted under it.
    /// </summary>
    public async Task<JobClaim?> ClaimAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        JobClaim? claim = null;
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (claim is null && session.Current is { } backend)
                {
                    claim = await TakeAsync(tenantId, jobId, backend, ct);
                    if (claim is null) return null;
                }

                // A writer of the attempt before may hang in COPY for ever and hold the keys of its rows: end it before a row is written.
                if (claim is { IsTakeover: true }) await EndWriterAsync(tenantId, jobId, claim.Fence, ct);
                if (claim is not null || tries == ClaimTries) return claim;
            }
            catch (Exception e) when (tries < ClaimTries && AttemptVerdict.IsOwnDatabase(e))
            {
                RunnerLog.NotClaimed(logger, jobId, e);
            }

            await Task.Delay(ClaimPause, time, ct);
        }
    }

    /// <summary>Ends the backend that writes for this attempt: what hangs in a COPY or a commit comes back with an error.</summary>
    public Task EndWriterAsync(SyncRun run, CancellationToken ct) => EndWriterAsync(run.TenantId, run.JobId, run.Fence, ct);

    /// <summary>Keeps the lease and shows how far the job is; false where it was lost. Tells whether cancellation was asked for.</summary>
    public async Task<(bool Held, bool CancelRequested)> RenewAsync(SyncRun run, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(run.TenantId, durable: false, ct);
        batch.Add(
            """
            UPDATE sync_jobs SET lease_until = now() + $4, lease_pid = coalesce($5, lease_pid), lease_backend_start = coalesce($6, lease_backend_start),
                   extracted = $7, refined = $8, exported = $9, total = $10
            WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running'
            RETURNING cancel_requested_at IS NOT NULL
            """,
            run.TenantId, run.JobId, run.Fence, options.Lease,
            new NpgsqlParameter { Value = (object?)session.Current?.Pid ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
            new NpgsqlParameter { Value = (object?)session.Current?.Start ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            run.Progress.Extracted, run.Progress.Refined, run.Progress.Exported,
            new NpgsqlParameter { Value = (object?)run.Progress.Total ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await using var row = await batch.ReadAsync(ct);
        var answer = await row.ReadAsync(ct) ? (true, row.GetBoolean(0)) : (false, false);
        await row.CloseAsync(); // the lease holds from here
        return answer;
    }

    /// <summary>Notes the stage that begins, and that it is where a later attempt goes on.</summary>
    public async Task EnterAsync(SyncRun run, string stage, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(run.TenantId, durable: false, ct);
        var update = batch.Add("UPDATE sync_jobs SET stage = $4 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running'", run.TenantId, run.JobId, run.Fence, stage);
        await batch.ExecuteAsync(ct);
        if (update.RecordsAffected == 0) throw new StaleFenceException();
        run.Progress.Stage = stage;
    }

    /// <summary>See <see cref="AdvanceCheckpoint"/>.</summary>
    /// <param name="connection">In the transaction of the records.</param>
    /// <param name="run">The attempt.</param>
    /// <param name="lease">How long the lease lasts from now.</param>
    /// <param name="move">The step.</param>
    /// <param name="stage">The stage the attempt is in after it; null leaves the job's as it is.</param>
    /// <param name="ct">Ends the waiting.</param>
    public static async Task AdvanceAsync(DbConnection connection, SyncRun run, TimeSpan lease, CheckpointMove move, string? stage, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE sync_jobs SET checkpoint = $4, record_count = $5, error_count = $6, bytes = $7, extracted = $8, lease_until = now() + $9,
                   fruitful_attempts = fruitful_attempts + CASE WHEN $10 > furthest AND fruitless_attempts > 0 THEN 1 ELSE 0 END,
                   fruitless_attempts = CASE WHEN $10 > furthest THEN 0 ELSE fruitless_attempts END,
                   furthest = greatest(furthest, $10), stage = coalesce($11, stage), enriched = coalesce($12, enriched), rules = $13
            WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running'
            """,
            (NpgsqlConnection)connection);
        object[] values =
        [
            run.TenantId, run.JobId, run.Fence,
            new NpgsqlParameter { Value = JsonSerializer.Serialize(move.Next, JobJson.Options), NpgsqlDbType = NpgsqlDbType.Json },
            move.Records, move.Rejected, move.Bytes, move.Records + move.Rejected, lease,

            // The end of the extraction is a step of its own, and so is each result of an enricher. An attempt that only repeats what another did, having begun anew, is none.
            move.Next.NextSeq + (string.Equals(move.Next.Stage, Stages.Extract, StringComparison.Ordinal) ? 0 : 1) + (move.Next.Enrichments?.Values.Sum(p => p.Results) ?? 0),
            new NpgsqlParameter { Value = (object?)stage ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            JobOutcome.Json(run.Progress.EnrichmentSummaries),
            new NpgsqlParameter { Value = (object?)RulesOf(move.Rules) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Json },
        ];
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        if (await command.ExecuteNonQueryAsync(ct) == 0) throw new StaleFenceException();
        if (stage is not null) run.Progress.Stage = stage;
    }

    /// <summary>JSON of how often rules were met; null where none ran.</summary>
    public static string? RulesOf(RuleHits? rules) => rules is null ? null : JsonSerializer.Serialize(rules.Snapshot(), JobJson.Options);

    /// <summary>Begins the name that a session bears while it writes for a job; the job's id follows.</summary>
    private const string Writer = "datasync writer ";

    /// <summary>See <see cref="RegisterWriter"/>. The session bears the job's name until its connection is another's: whoever has it then is not the writer that may be ended.</summary>
    public static async Task RegisterWriterAsync(DbConnection connection, SyncRun run, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            UPDATE sync_jobs j SET writer_pid = a.pid, writer_backend_start = a.backend_start
            FROM pg_stat_activity a, set_config('application_name', '{Writer}' || $2, false)
            WHERE a.pid = pg_backend_pid() AND j.tenant_id = $1 AND j.id = $2 AND j.fence = $3 AND j.status = 'running'
            """,
            (NpgsqlConnection)connection);
        foreach (var value in (object[])[run.TenantId, run.JobId, run.Fence]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        if (await command.ExecuteNonQueryAsync(ct) == 0) throw new StaleFenceException();
    }

    private async Task<JobClaim?> TakeAsync(string tenantId, Guid jobId, WorkerSession.Backend backend, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: true, ct);
        batch.Add(
            $"""
            UPDATE sync_jobs j SET status = 'running', fence = j.fence + 1, lease_until = now() + $3, lease_pid = $4, lease_backend_start = $5, not_before = NULL, rung_at = NULL, dispatched_at = NULL,
                   started_at = coalesce(j.started_at, now()), stage = coalesce(replace(j.checkpoint::text, {StoredJson.Nul})::json ->> 'stage', 'extract'), attempts = j.attempts + 1,
                   fruitless_attempts = CASE WHEN o.lost AND pg_postmaster_start_time() > j.lease_backend_start THEN greatest(1, j.fruitless_attempts) ELSE j.fruitless_attempts + 1 END,
                   interruption = CASE WHEN o.lost THEN $6 ELSE j.interruption END,
                   running_ms = j.running_ms + CASE WHEN o.lost THEN coalesce((
                       SELECT greatest(0, extract(epoch FROM least(now(), j.lease_until) - a.started_at) * 1000)::bigint
                       FROM sync_job_attempts a WHERE a.tenant_id = j.tenant_id AND a.job_id = j.id AND a.fence = j.fence), 0) ELSE 0 END
            FROM (SELECT status = 'running' AS lost FROM sync_jobs WHERE tenant_id = $1 AND id = $2 FOR UPDATE) o
            WHERE j.tenant_id = $1 AND j.id = $2
              AND ((j.status = 'queued' AND j.dispatched_at > now() - {TenantCount.HandOutAge}) OR (j.status = 'running' AND (j.lease_until < now() OR NOT EXISTS (
                   SELECT 1 FROM pg_stat_activity a WHERE a.pid = j.lease_pid AND a.backend_start = j.lease_backend_start))))
            RETURNING source_id, source_type, correlation_id, trace_parent, language, created_at, fence, attempts, fruitless_attempts,
                      timeout_seconds, running_ms, config, checkpoint, record_count, error_count, bytes, now() - created_at, cancel_requested_at IS NOT NULL,
                      fruitful_attempts, interruption, o.lost, waiting_since, rules, enriched, export_of
            """,
            tenantId, jobId, options.Lease, backend.Pid, backend.Start, Lost);
        await using var row = await batch.ReadAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        var claim = new JobClaim
        {
            TenantId = tenantId,
            JobId = jobId,
            SourceId = row.GetString(0),
            SourceType = row.GetString(1),
            CorrelationId = row.GetString(2),
            TraceParent = await row.IsDBNullAsync(3, ct) ? null : row.GetString(3),
            Language = row.GetString(4),
            CreatedAt = await row.GetFieldValueAsync<DateTimeOffset>(5, ct),
            Fence = row.GetInt64(6),
            Attempt = row.GetInt32(7),
            FruitlessAttempts = row.GetInt32(8),
            TimeLeft = row.GetInt32(9) == SyncJob.NoTimeout ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(row.GetInt32(9)) - TimeSpan.FromMilliseconds(row.GetInt64(10)),
            Plan = JsonSerializer.Deserialize<SyncPlan>(row.GetString(11), JobJson.Options)!,
            Checkpoint = JsonSerializer.Deserialize<Checkpoint>(row.GetString(12), JobJson.Options)!,
            Records = row.GetInt64(13),
            Rejected = row.GetInt64(14),
            Bytes = row.GetInt64(15),
            Waited = row.GetTimeSpan(16),
            CancelRequested = row.GetBoolean(17),
            FruitfulAttempts = row.GetInt32(18),
            Interruption = await row.IsDBNullAsync(19, ct) ? null : JobFailure.Read(row.GetString(19)),
            IsTakeover = row.GetBoolean(20),
            WaitingSince = await row.IsDBNullAsync(21, ct) ? null : await row.GetFieldValueAsync<DateTimeOffset>(21, ct),
            Rules = await row.IsDBNullAsync(22, ct) ? null : RuleHits.Of(JsonSerializer.Deserialize<IReadOnlyList<RuleCount>>(row.GetString(22), JobJson.Options)),
            Enriched = await row.IsDBNullAsync(23, ct) ? null : JsonSerializer.Deserialize<IReadOnlyDictionary<string, JsonElement>>(row.GetString(23)),
            ExportOf = await row.IsDBNullAsync(24, ct) ? null : row.GetGuid(24),
        };
        await row.CloseAsync(); // the claim holds from here
        return claim;
    }

    /// <summary>An idle backend holds nothing, and may lie in a pool where the next to take it would find it dead.</summary>
    private async Task EndWriterAsync(string tenantId, Guid jobId, long fence, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: true, ct);
        batch.Add(
            $"""
            SELECT pg_terminate_backend(a.pid, 5000)
            FROM sync_jobs j JOIN pg_stat_activity a ON a.pid = j.writer_pid AND a.backend_start = j.writer_backend_start
            WHERE j.tenant_id = $1 AND j.id = $2 AND j.fence = $3 AND a.application_name = '{Writer}' || j.id AND a.state <> 'idle'
            """,
            tenantId, jobId, fence);
        await batch.ExecuteAsync(ct);
    }
}
