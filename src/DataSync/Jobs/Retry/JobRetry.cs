using DataSync.Jobs.ExportAgain;
using DataSync.Jobs.Status;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Retry;

/// <summary>Brings a failed or cancelled job back into the queue. It goes on from its checkpoint, with its budgets and its time anew.</summary>
internal sealed class JobRetry(TenantDatabase database, SyncManager jobs, EngineOptions options)
{
    /// <summary>The job, queued; null where this tenant has none of that id. Throws where it cannot be retried.</summary>
    public async Task<JobDetails?> RetryAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using (var transaction = await database.BeginAsync(tenantId, ct))
        {
            // First the job whose records an export has, then the export: in the order in which retention holds them.
            var first = await transaction.Db.Set<SyncJob>().Where(j => j.Id == jobId).Select(j => j.ExportOf).SingleOrDefaultAsync(ct);
            var stored = first is { } origin ? await ExportAgainStart.HeldAsync(transaction, origin, ct) : null;
            var found = await transaction.Db.Set<SyncJob>().FromSql($"SELECT * FROM sync_jobs WHERE id = {jobId} FOR UPDATE").AsNoTracking().SingleOrDefaultAsync(ct);
            if (found is null) return null;
            if (found.Status is not (JobStatus.Failed or JobStatus.Cancelled)) throw Refused("errors.job.not_failed", ("status", found.Status));
            if (string.Equals(found.Mode, "realtime", StringComparison.Ordinal)) throw Refused("errors.job.nothing_kept");
            if (found.ExportOf is null && await SourceRows.FindAndHoldAsync(transaction, found.SourceId, ct) is null) throw Refused("errors.job.source_gone");
            if (found is { ExportOf: null, RecordCount: > 0 } && await IsOvertakenAsync(transaction, found, ct)) throw Refused("errors.extraction.state_moved");
            if (first is not null && (stored is null || !await ExportAgainStart.IsStoredAsync(transaction, stored, ct)))
                throw Refused("errors.export.retired"); // files without records would look like all there was

            // What it writes from here on is its own: files that it may leave are looked for again, and records of which some had had their time are read anew (see BegunAgain).
            await using var command = transaction.Command(
                """
                UPDATE sync_jobs SET status = 'queued', completed_at = NULL, started_at = NULL, error_details = NULL, interruption = NULL, cancel_requested_at = NULL,
                       dispatched_at = NULL, not_before = now(), waiting_since = NULL, rung_at = NULL, lease_until = NULL, lease_pid = NULL, writer_pid = NULL, result = NULL, retired_at = NULL, running_ms = 0, fruitless_attempts = 0, fruitful_attempts = 0
                WHERE tenant_id = $1 AND id = $2
                """,
                tenantId, jobId);
            await OpenIncrementals.GuardAsync(() => command.ExecuteNonQueryAsync(ct));
            await SyncManager.WakeAsync(transaction, options, ct);
            await transaction.CommitChangeAsync(ct);
        }

        return await jobs.FindDetailsAsync(tenantId, jobId, ct);
    }

    /// <summary>A later sync has moved the state since the job ended: what the job would go on with was delivered by that one. A job that has read nothing begins where the state is now.</summary>
    private static async Task<bool> IsOvertakenAsync(TenantTransaction transaction, SyncJob job, CancellationToken ct)
    {
        if (!string.Equals(job.SyncType, "incremental", StringComparison.Ordinal)) return false;
        await using var command = transaction.Command(
            "SELECT EXISTS (SELECT FROM sync_state WHERE tenant_id = $1 AND source_id = $2 AND updated_at > $3)", job.TenantId, job.SourceId, job.CompletedAt ?? job.CreatedAt);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static SyncFailureException Refused(string key, params (string Name, object? Value)[] values) => new(SyncFailure.Permanent(key, values));
}
