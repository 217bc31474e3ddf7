using System.Text.Json;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.ExportAgain;

/// <summary>
/// Makes the files of a completed job once more, in its own folder, of the records that are stored now. Nobody else writes there: completed is final. Until the new manifest is written the job lists
/// no files; its row names the new ones in the end. Of records some of which have had their time no files are made: they would look like all there was.
/// </summary>
internal sealed class ExportRewrite(TenantDatabase database, PipelineRunner pipeline, DeleteExport delete, ListExportFiles list)
{
    /// <summary>See <see cref="Pipeline.Privacy.RewriteExport"/>.</summary>
    public async Task<IReadOnlyList<ExportedFile>?> RewriteAsync(string tenantId, Guid jobId, Func<CancellationToken, Task> confirm, CancellationToken ct)
    {
        if (await FindAsync(tenantId, jobId, ct) is not { Status: JobStatus.Completed, Mode: SyncModes.Async } job || Files(job).Count == 0 || await IsRetiredAsync(job, ct)) return null;
        var plan = JsonSerializer.Deserialize<SyncPlan>(job.Config, JobJson.Options)!;
        var run = new SyncRun
        {
            TenantId = tenantId,
            JobId = jobId,
            SourceId = job.SourceId,
            SourceType = job.SourceType,
            ExportOf = job.ExportOf,
            CorrelationId = job.CorrelationId,
            Language = job.Language,
            CreatedAt = job.CreatedAt,
            Fence = job.Fence + 1,
            Plan = plan,
            Checkpoint = new Checkpoint { Stage = Stages.Export },
            OpenSource = static _ => throw new NotSupportedException("Records that are stored are exported."),
            Advance = static (_, _, _) => Task.CompletedTask,
            RegisterWriter = static (_, _) => Task.CompletedTask,
            Confirm = confirm,
        };

        // A run that stored nothing is not read back at all, and this one's records were stored by another.
        run.Progress.Restore(job.RecordCount, job.ErrorCount, job.Bytes);
        var outcome = await pipeline.RunAsync(run, static (_, _) => Task.CompletedTask, ct);
        await NameAsync(tenantId, jobId, outcome.Exports, ct);
        return outcome.Exports;
    }

    /// <summary>See <see cref="Pipeline.Privacy.DropExport"/>.</summary>
    public async Task<IReadOnlyList<string>> DropAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        var job = await FindAsync(tenantId, jobId, ct);
        string[] names = [.. (await list(tenantId, jobId, ct)).Published];
        await delete(tenantId, jobId, ct);
        if (job is null) return names;
        var files = Files(job);

        // One that ended early named no files, and from here on there are none to look for.
        if (files.Count > 0 || (job.Result is null && job.Status is JobStatus.Failed or JobStatus.Cancelled)) await NameAsync(tenantId, jobId, [], ct);
        return [.. files.Select(f => f.Name).Union(names, StringComparer.Ordinal)];
    }

    /// <summary>Whether some of the records of which the job's files are made have had their time. The job that stored them may be gone with all of them.</summary>
    private async Task<bool> IsRetiredAsync(SyncJob job, CancellationToken ct)
        => (job.ExportOf is { } first ? await FindAsync(job.TenantId, first, ct) : job) is not { RetiredAt: null };

    private static IReadOnlyList<ExportedFile> Files(SyncJob job) => job.Result is null ? [] : JsonSerializer.Deserialize<JobResult>(job.Result, JobJson.Options)?.Exports ?? [];

    private async Task<SyncJob?> FindAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<SyncJob>().AsNoTracking().SingleOrDefaultAsync(j => j.Id == jobId, ct);
    }

    private Task<int> NameAsync(string tenantId, Guid jobId, IReadOnlyList<ExportedFile> files, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        await using var update = transaction.Command("UPDATE sync_jobs SET result = $3 WHERE tenant_id = $1 AND id = $2", tenantId, jobId, JobOutcome.Json(new JobResult(files)));
        return await update.ExecuteNonQueryAsync(ct);
    }, ct);
}
