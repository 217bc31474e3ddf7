namespace DataSync.Alerts.Conditions;

/// <summary>
/// A job has run longer than a time, its attempts together, without what it lay in the queue or waited for annotators. Over when it runs no more; one that ended just now is still
/// looked at, so that none slips between two looks.
/// </summary>
internal sealed class Duration : IAlertCondition
{
    public string Name => "duration";

    public RuleShape Shape => new(Threshold: 900, Least: 1, Most: 30 * 86_400, WindowSeconds: 0, HasSource: true);

    public string Tenants => TenantWalk.Over("sync_jobs");

    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, d.job_id::text AS subject, d.seconds AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r CROSS JOIN LATERAL (
            SELECT j.id AS job_id, j.source_id, (j.running_ms / 1000.0 + extract(epoch FROM $1 - a.started_at))::double precision AS seconds
            FROM sync_jobs j JOIN sync_job_attempts a ON a.tenant_id = j.tenant_id AND a.job_id = j.id AND a.fence = j.fence
            WHERE j.tenant_id = r.tenant_id AND j.status = 'running'
            UNION ALL
            SELECT e.job_id, e.source_id, e.running_ms / 1000.0::double precision FROM sync_job_endings e
            WHERE e.tenant_id = r.tenant_id AND e.ended_at > $1 - interval '1 minute' AND e.ended_at <= $1) d
        WHERE d.seconds > r.threshold AND (r.source_id IS NULL OR d.source_id = r.source_id)
        """;
}
