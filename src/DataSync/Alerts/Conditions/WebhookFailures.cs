namespace DataSync.Alerts.Conditions;

/// <summary>More than a share of the webhooks' deliveries of the window came to nothing: no job could have them, or their job failed.</summary>
internal sealed class WebhookFailures : IAlertCondition
{
    public string Name => "webhook_failures";

    public RuleShape Shape => new(Threshold: 0.1, Least: 0, Most: 1, WindowSeconds: 300, HasSource: true);

    public string Tenants => TenantWalk.Over("webhook_deliveries");

    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, coalesce(r.source_id, '') AS subject, n.failed::double precision / n.ended AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE d.failure IS NOT NULL OR j.status = 'failed') AS failed, count(*) AS ended
            FROM webhook_deliveries d LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            WHERE d.tenant_id = r.tenant_id AND d.received_at > $1 - r.window_seconds * interval '1 second' AND d.received_at <= $1
              AND (d.failure IS NOT NULL OR j.status IN ('completed', 'failed')) AND (r.source_id IS NULL OR d.source_id = r.source_id)) n
        WHERE n.ended >= r.min_count AND n.failed > r.threshold::numeric * n.ended
        """;
}
