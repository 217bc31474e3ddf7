using System.Diagnostics;
using DataSync.Jobs.Webhooks.Receive;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Sources;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Webhooks.Drain;

/// <summary>Makes the job that drains a source, if it has none and it is time for one: at once for what comes after a pause, else all that came in a while together.</summary>
internal sealed partial class DrainStart(
    TenantDatabase database, PushPlans plans, TenantLanguage languages, EngineOptions engine, WebhookOptions options, TimeProvider time, ILogger<DrainStart> logger)
{
    private static readonly string SourceGone = "errors.source.not_found";

    /// <summary>True where the source's deliveries are with a job, or will be once they are asked for again soon; false where nothing can be done about them for now.</summary>
    public async Task<bool> TryAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        var language = await languages.OfAsync(tenantId, ct) ?? Messages.FallbackLanguage;
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (!await IsDueAsync(transaction, tenantId, sourceId, locks: false, ct)) return true;
        if (!await IsDueAsync(transaction, tenantId, sourceId, locks: true, ct)) return true;
        if (await SourceRows.FindAndHoldAsync(transaction, sourceId, ct) is not { } source || source.SourceType != SourceTypes.Webhook)
        {
            await GiveUpAsync(transaction, tenantId, sourceId, ct);
            return true;
        }

        if (!source.IsActive) return false;
        if (await plans.OfDrainAsync(source, ct) is not { } plan)
        {
            Log.NoPlan(logger, sourceId);
            return false;
        }

        var job = NewJob(source, plan, language);
        transaction.Db.Add(job);
        await transaction.Db.SaveChangesAsync(ct);
        await using (var note = transaction.Command("UPDATE webhook_drains SET job_id = $3, started_at = now() WHERE tenant_id = $1 AND source_id = $2", tenantId, sourceId, job.Id)) await note.ExecuteNonQueryAsync(ct);
        try
        {
            await SyncManager.WakeAsync(transaction, engine, ct);
        }
        catch (SyncFailureException)
        {
            return false; // the tenant's queue is full: the deliveries wait with those jobs
        }

        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Whether something waits, no job is at it, and the last one was begun long enough ago. With the lock, nobody else decides about the source meanwhile.</summary>
    private async Task<bool> IsDueAsync(TenantTransaction transaction, string tenantId, string sourceId, bool locks, CancellationToken ct)
    {
        if (locks)
        {
            await using var hold = transaction.Command(
                "INSERT INTO webhook_drains (tenant_id, source_id) VALUES ($1, $2) ON CONFLICT (tenant_id, source_id) DO UPDATE SET source_id = excluded.source_id", tenantId, sourceId);
            await hold.ExecuteNonQueryAsync(ct);
        }

        await using var ask = transaction.Command(
            """
            SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE tenant_id = $1 AND source_id = $2 AND job_id IS NULL AND failure IS NULL)
               AND NOT EXISTS (SELECT 1 FROM webhook_drains d LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
                               WHERE d.tenant_id = $1 AND d.source_id = $2 AND (d.started_at > now() - $3 OR j.status IN ('queued', 'running')))
            """,
            tenantId, sourceId, options.DrainInterval);
        return await ask.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>The source was deleted: its deliveries stay for as long as others do, and can be run again once there is such a source.</summary>
    private async Task GiveUpAsync(TenantTransaction transaction, string tenantId, string sourceId, CancellationToken ct)
    {
        await using var mark = transaction.Command(
            "UPDATE webhook_deliveries SET failure = $3 WHERE tenant_id = $1 AND source_id = $2 AND job_id IS NULL AND failure IS NULL", tenantId, sourceId, SourceGone);
        Log.SourceGone(logger, await mark.ExecuteNonQueryAsync(ct));
        await transaction.CommitAsync(ct);
    }

    private SyncJob NewJob(DataSourceConfig source, SyncPlan plan, string language)
    {
        var job = SyncJob.Of(null, source.TenantId, source.SourceId, "push", plan, time.GetUtcNow());
        (job.CreatedBy, job.CorrelationId, job.Language) = ("webhook", ActivityTraceId.CreateRandom().ToHexString(), language);
        return job;
    }

    private static partial class Log
    {
        [LoggerMessage(1810, LogLevel.Warning, "Deliveries of source {SourceId} wait: what its pushes run with is not valid in this version, or asks for what the tenant has not been given")]
        public static partial void NoPlan(ILogger logger, string sourceId);

        [LoggerMessage(1811, LogLevel.Warning, "{Deliveries} deliveries belong to a source that was deleted")]
        public static partial void SourceGone(ILogger logger, int deliveries);
    }
}
