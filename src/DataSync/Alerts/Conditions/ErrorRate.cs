namespace DataSync.Alerts.Conditions;

/// <summary>More than a share of the jobs that came to an end of their own within the window failed. Cancelled ones count for neither side.</summary>
internal sealed class ErrorRate : IAlertCondition
{
    public string Name => "error_rate";

    public RuleShape Shape => new(Threshold: 0.1, Least: 0, Most: 1, WindowSeconds: 300, HasSource: true);

    public string Tenants => TenantWalk.Over("sync_job_endings");

    // as a decimal: 0.1 of 30 is 3 and no bit more
    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, coalesce(r.source_id, '') AS subject, n.failed::double precision / n.ended AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.status = 'failed') AS failed, count(*) AS ended FROM sync_job_endings e
            WHERE e.tenant_id = r.tenant_id AND e.ended_at > $1 - r.window_seconds * interval '1 second' AND e.ended_at <= $1 AND e.status <> 'cancelled'
              AND (r.source_id IS NULL OR e.source_id = r.source_id)) n
        WHERE n.ended >= r.min_count AND n.failed > r.threshold::numeric * n.ended
        """;
}
