namespace DataSync.Alerts.Conditions;

/// <summary>
/// More than a share of the webhooks' deliveries of which the outcome lies in the window came to nothing: their job failed, or no job could have them. The outcome of those that have a job is when it ended,
/// however long ago they came; each window of jobs is read from an index, and from it their deliveries by another. Of those that no job could have it is not kept when that was found: they count when they came.
/// </summary>
internal sealed class WebhookFailures : IAlertCondition
{
    public string Name => "webhook_failures";

    public RuleShape Shape => new(Threshold: 0.1, Least: 0, Most: 1, WindowSeconds: 300, HasSource: true);

    public string Tenants => TenantWalk.Over("webhook_deliveries");

    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, coalesce(r.source_id, '') AS subject, n.failed::double precision / n.ended AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE o.failed) AS failed, count(*) AS ended FROM (
                SELECT e.status = 'failed' AS failed
                FROM sync_job_endings e JOIN webhook_deliveries d ON d.tenant_id = e.tenant_id AND d.job_id = e.job_id
                WHERE e.tenant_id = r.tenant_id AND e.ended_at > $1 - r.window_seconds * interval '1 second' AND e.ended_at <= $1 AND e.status IN ('completed', 'failed')
                  AND d.failure IS NULL AND (r.source_id IS NULL OR d.source_id = r.source_id)
                UNION ALL
                SELECT true
                FROM webhook_deliveries d
                WHERE d.tenant_id = r.tenant_id AND d.received_at > $1 - r.window_seconds * interval '1 second' AND d.received_at <= $1
                  AND d.failure IS NOT NULL AND (r.source_id IS NULL OR d.source_id = r.source_id)) o) n
        WHERE n.ended >= r.min_count AND n.failed > r.threshold::numeric * n.ended
        """;
}
