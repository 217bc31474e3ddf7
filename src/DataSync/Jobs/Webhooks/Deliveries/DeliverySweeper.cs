using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Webhooks.Deliveries;

/// <summary>Lets go of payloads whose jobs completed a while ago, and later of the deliveries themselves. What still waits, or may still be retried with its job, is never touched.</summary>
internal sealed partial class DeliverySweeper(DataSources sources, WebhookOptions options, TimeProvider time, ILogger<DeliverySweeper> logger) : HourlySweeper(sources, time)
{
    private const string LetGoSql =
        """
        UPDATE webhook_deliveries w SET payload = NULL, let_go_at = now() FROM (
            SELECT d.tenant_id, d.delivery_id FROM webhook_deliveries d JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            WHERE d.let_go_at IS NULL AND d.received_at < now() - $1 AND j.status = 'completed' LIMIT $2) o
        WHERE w.tenant_id = o.tenant_id AND w.delivery_id = o.delivery_id
        """;

    private const string ForgetSql =
        """
        DELETE FROM webhook_deliveries w USING (
            SELECT d.tenant_id, d.delivery_id FROM webhook_deliveries d LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            WHERE d.received_at < now() - $1 AND (d.failure IS NOT NULL OR (d.job_id IS NOT NULL AND coalesce(j.status, 'completed') IN ('completed', 'failed', 'cancelled'))) LIMIT $2) o
        WHERE w.tenant_id = o.tenant_id AND w.delivery_id = o.delivery_id
        """;

    /// <summary>Does it now; returns how many payloads and how many deliveries.</summary>
    public async Task<(int Payloads, int Deliveries)> SweepAsync(CancellationToken ct)
        => (await RepeatAsync(LetGoSql, options.KeepPayload, ct), await RepeatAsync(ForgetSql, options.KeepId, ct));

    protected override async Task SweepAndTellAsync(CancellationToken ct)
    {
        var (payloads, deliveries) = await SweepAsync(ct);
        Log.Swept(logger, payloads, deliveries);
    }

    protected override void TellFailed(string? reason) => Log.SweepFailed(logger, reason);

    private static partial class Log
    {
        [LoggerMessage(1813, LogLevel.Debug, "Let go of {Payloads} payloads and forgot {Deliveries} deliveries")]
        public static partial void Swept(ILogger logger, int payloads, int deliveries);

        [LoggerMessage(1814, LogLevel.Warning, "Old deliveries could not be swept ({Reason}); tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? reason);
    }
}
