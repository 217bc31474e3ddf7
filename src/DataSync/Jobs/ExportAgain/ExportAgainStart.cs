using System.Text.Json;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DataSync.Jobs.ExportAgain;

/// <summary>
/// Makes the job that exports another job's stored records. It begins where that one ended, with its last stage, under an id and into a folder of its own: it is queued, leased,
/// fenced, taken over, called off and retried as any other, and the files there are already are none of its business. The source is not asked and need not be there any more.
/// </summary>
internal sealed class ExportAgainStart(TenantDatabase database, EngineOptions options, TimeProvider time)
{
    /// <summary>How such a job's records come in: they do not, they are there.</summary>
    public const string SourceType = "export";

    private static readonly string AtTheExport = JsonSerializer.Serialize(new Checkpoint { Stage = Stages.Export }, JobJson.Options);

    /// <summary>The job, queued; null where this tenant has no job of that id. Throws where its records are not all stored.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="jobId">The job whose records are wanted.</param>
    /// <param name="command">In which form.</param>
    /// <param name="workId">Names the work of a repeatable request: where its job was made before, that job is the answer.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<JobDetails?> StartAsync(Caller caller, Guid jobId, ExportAgainCommand command, Guid? workId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        if (await SyncManager.MadeBeforeAsync(transaction, caller.Tenant, workId, ct) is { } made) return made;
        if (await HeldAsync(transaction, jobId, ct) is not { } stored) return null;
        if (Refusal(stored) is { } refusal) throw new SyncFailureException(refusal);
        if (!await IsStoredAsync(transaction, stored, ct)) throw new SyncFailureException(SyncFailure.Permanent("errors.export.retired"));
        var plan = command.Over(JsonSerializer.Deserialize<SyncPlan>(stored.Config, JobJson.Options)!);
        var job = SyncJob.Of(workId, caller, stored.SourceId, SourceType, plan, time.GetUtcNow());
        (job.ExportOf, job.Checkpoint) = (stored.Id, AtTheExport);
        transaction.Db.Add(job);
        await transaction.Db.SaveChangesAsync(ct);
        var queued = await SyncManager.WakeAsync(transaction, options, ct);
        await transaction.CommitChangeAsync(ct, part: job.Id.ToString("D"));
        return new JobDetails(job, queued);
    }

    /// <summary>The job, with none of its records going for their age until the transaction ends: whoever removes the first of them notes it on the row.</summary>
    public static Task<SyncJob?> HeldAsync(TenantTransaction transaction, Guid jobId, CancellationToken ct)
        => transaction.Db.Set<SyncJob>().FromSql($"SELECT * FROM sync_jobs WHERE id = {jobId} FOR SHARE").AsNoTracking().SingleOrDefaultAsync(ct);

    /// <summary>Whether a job's records, if it had any, are there: all of them, but for those of people who were erased. Asked of a job that is held.</summary>
    public static async Task<bool> IsStoredAsync(TenantTransaction transaction, SyncJob job, CancellationToken ct) => job.RecordCount == 0 || (job.RetiredAt is null && await HasRecordsAsync(transaction, job, ct));

    /// <summary>Records go when their time is over, or with whom they are about; the job stays. Nobody waits here for somebody who holds all records, as who drops a leaf does: then they count as stored.</summary>
    private static async Task<bool> HasRecordsAsync(TenantTransaction transaction, SyncJob job, CancellationToken ct)
    {
        await using var briefly = transaction.Command("SAVEPOINT asks; SET LOCAL lock_timeout = '100ms'");
        await briefly.ExecuteNonQueryAsync(ct);
        bool has;
        try
        {
            await using var asks = transaction.Command("SELECT EXISTS (SELECT FROM sync_data WHERE tenant_id = $1 AND job_id = $2)", job.TenantId, job.Id);
            has = (bool)(await asks.ExecuteScalarAsync(ct))!;
        }
        catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            has = true;
        }

        await using var back = transaction.Command("ROLLBACK TO SAVEPOINT asks"); // takes the timeout back, too
        await back.ExecuteNonQueryAsync(ct);
        return has;
    }

    /// <summary>Why a job's records cannot be exported again; null where they can.</summary>
    private static SyncFailure? Refusal(SyncJob job)
    {
        if (job.ExportOf is { } first) return SyncFailure.Permanent("errors.export.of_export", ("job_id", first.ToString("D")));
        if (job.Mode != SyncModes.Async) return SyncFailure.Permanent("errors.export.not_stored", ("mode", job.Mode));
        if (!JobStatus.IsFinal(job.Status)) return SyncFailure.Permanent("errors.export.not_ended", ("status", job.Status));
        return job.Status == JobStatus.Completed ? null : SyncFailure.Permanent("errors.export.not_completed", ("status", job.Status));
    }
}
