using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Engine;

/// <summary>Ends an attempt: the job is over, or goes back into the queue. Each under the attempt's fence; a stale one changes nothing.</summary>
internal sealed class JobOutcome(TenantDatabase database)
{
    /// <summary>Wakes the dispatchers.</summary>
    public const string DispatchChannel = "datasync_dispatch";

    /// <summary>The job is over.</summary>
    public async Task<bool> EndAsync(SyncRun run, string status, StageOutcome? outcome, SyncFailure? failure, TimeSpan ran, CancellationToken ct)
        => await UpdateAsync(
            run,
            """
            status = $5, completed_at = now(), stage = CASE WHEN $5 = 'completed' THEN 'export' ELSE stage END, lease_until = NULL, lease_pid = NULL, writer_pid = NULL,
            result = coalesce($6, result), error_details = $7, exported = $8, extracted = $9, refined = $10, routed = coalesce($11, routed)
            """,
            ran, ct,
            status,
            Json(outcome is null ? null : new JobResult(outcome.Exports)),
            new NpgsqlParameter { Value = failure is null ? DBNull.Value : JobFailure.Serialize(failure), NpgsqlDbType = NpgsqlDbType.Text },
            run.Progress.Exported, run.Progress.Extracted, run.Progress.Refined,
            Json(run.Progress.Routed?.Snapshot()));

    /// <summary>The job goes back into the queue, to be taken up after the wait by any worker.</summary>
    public async Task<bool> RequeueAsync(SyncRun run, TimeSpan wait, bool countsAsAttempt, TimeSpan ran, CancellationToken ct)
        => await UpdateAsync(
            run,
            """
            status = 'queued', lease_until = NULL, lease_pid = NULL, dispatched_at = NULL, not_before = now() + $5,
            fruitless_attempts = greatest(0, fruitless_attempts - CASE WHEN $6 THEN 0 ELSE 1 END)
            """,
            ran, ct, wait, countsAsAttempt);

    private async Task<bool> UpdateAsync(SyncRun run, string set, TimeSpan ran, CancellationToken ct, params object[] values)
    {
        await using var transaction = await database.BeginAsync(run.TenantId, ct);
        await using var command = transaction.Command(
            $"UPDATE sync_jobs SET running_ms = running_ms + $4, {set} WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND status = 'running'",
            [run.TenantId, run.JobId, run.Fence, (long)ran.TotalMilliseconds, .. values]);
        var changed = await command.ExecuteNonQueryAsync(ct) > 0;
        await using var wake = transaction.Command($"SELECT pg_notify('{DispatchChannel}', '')");
        await wake.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return changed;
    }

    private static NpgsqlParameter Json<T>(T? value) where T : class
        => new() { Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value, JobJson.Options), NpgsqlDbType = NpgsqlDbType.Json };
}

/// <summary>The <c>result</c> of a job.</summary>
internal sealed record JobResult(IReadOnlyList<ExportedFile> Exports);

/// <summary>A failure as stored with the job: worded when it is read, in the reader's language.</summary>
internal sealed record JobFailure(string MessageKey, IReadOnlyDictionary<string, JsonElement> Params)
{
    public static string Serialize(SyncFailure failure)
        => JsonSerializer.Serialize(
            new { failure.MessageKey, Params = failure.Params ?? new Dictionary<string, object?>(StringComparer.Ordinal) }, JobJson.Options);
}
