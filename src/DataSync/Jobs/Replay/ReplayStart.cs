using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Replay;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Replay;

/// <summary>Makes the job that runs refused records again, and gives them to it, in one transaction.</summary>
internal sealed class ReplayStart(TenantDatabase database, PlanReader plans, ClaimRejections claim, EngineOptions options, TimeProvider time)
{
    /// <summary>How a replay's records come in.</summary>
    public const string SourceType = "replay";

    private const string Refinement = "refinement_config";

    /// <summary>The job, queued; null where this tenant has no job of that id. Throws where nothing of it can be run again.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="jobId">The job that refused the records.</param>
    /// <param name="body">Which of them, and by which rules.</param>
    /// <param name="workId">Names the work of a repeatable request: where its job was made before, that job is the answer.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<JobDetails?> StartAsync(Caller caller, Guid jobId, ReplayBody body, Guid? workId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        if (await SyncManager.MadeBeforeAsync(transaction, caller.Tenant, workId, ct) is { } made) return made;
        if (await transaction.Db.Set<SyncJob>().AsNoTracking().FirstOrDefaultAsync(j => j.Id == jobId, ct) is not { } refused) return null;
        if (refused.Mode == SyncModes.Realtime) throw Refused("errors.rejections.nothing_kept");

        // Whatever else has ended may be retried, and would then refuse the same records anew.
        if (refused.Status != JobStatus.Completed) throw Refused("errors.rejections.not_completed", ("status", refused.Status));
        if (await SourceRows.FindAndHoldAsync(transaction, refused.SourceId, ct) is not { } source) throw Refused("errors.job.source_gone");
        var job = SyncJob.Of(workId, caller, refused.SourceId, SourceType, await PlanOfAsync(caller.Tenant, refused, source, body, ct), time.GetUtcNow());
        transaction.Db.Add(job);
        await transaction.Db.SaveChangesAsync(ct);
        await claim(transaction.Connection, caller.Tenant, jobId, body.Choice, job.Id, ct);
        var queued = await SyncManager.WakeAsync(transaction, options, ct);
        await transaction.CommitChangeAsync(ct, part: job.Id.ToString("D"));
        return new JobDetails(job, queued);
    }

    /// <summary>As the first job was stored and exported, by today's rules: those given, else the source's own, else the first job's.</summary>
    private async Task<SyncPlan> PlanOfAsync(string tenantId, SyncJob refused, DataSourceConfig source, ReplayBody body, CancellationToken ct)
    {
        var plan = JsonSerializer.Deserialize<SyncPlan>(refused.Config, JobJson.Options)!;
        var refinement = body.RefinementConfig
            ?? (JsonElement.Parse(source.Sync).Given(Refinement) is { ValueKind: JsonValueKind.Object } own ? own : plan.RefinementConfig);
        var alone = JsonElement.Parse($$"""{"{{Refinement}}":{{refinement.GetRawText()}}}""", new JsonDocumentOptions { MaxDepth = 128 });
        Fault[] faults = [.. plans.Validate(alone, ""), .. await plans.AdmitAsync(tenantId, alone, ct)];
        if (faults.Length > 0) throw new SyncFailureException(SyncFailure.Permanent("errors.rules.invalid")) { Faults = faults };
        return plan with { Mode = SyncModes.Async, SyncType = "full", Routing = null, RefinementConfig = refinement, Export = plan.Export with { Inline = false } };
    }

    private static SyncFailureException Refused(string key, params (string Name, object? Value)[] values) => new(SyncFailure.Permanent(key, values));
}
