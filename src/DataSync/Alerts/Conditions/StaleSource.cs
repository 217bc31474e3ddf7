namespace DataSync.Alerts.Conditions;

/// <summary>
/// No sync of an active source with a schedule came through for a time, or for twice the time its plan leaves between two, whichever is longer. A continuous schedule that finds
/// nothing, and says that it works, is not stale.
/// </summary>
internal sealed class StaleSource : IAlertCondition
{
    public string Name => "stale_source";

    public RuleShape Shape => new(Threshold: 86_400, Least: 60, Most: 366 * 86_400, WindowSeconds: 0, HasSource: true);

    public string Tenants => "SELECT DISTINCT tenant_id FROM sync_schedules";

    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, s.source_id AS subject, a.age AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r
        JOIN sync_schedules s ON s.tenant_id = r.tenant_id AND (r.source_id IS NULL OR s.source_id = r.source_id)
        JOIN data_source_configs c ON c.tenant_id = s.tenant_id AND c.source_id = s.source_id AND c.is_active
        CROSS JOIN LATERAL (
            SELECT extract(epoch FROM $1 - greatest(s.created_at, CASE WHEN s.time_zone IS NULL AND s.failed_runs = 0 THEN s.last_run_at END,
                (SELECT e.ended_at FROM sync_job_endings e WHERE e.tenant_id = s.tenant_id AND e.source_id = s.source_id AND e.status = 'completed' ORDER BY e.ended_at DESC LIMIT 1)))::double precision AS age) a
        WHERE s.next_run_at IS NOT NULL AND a.age > greatest(r.threshold, 2 * extract(epoch FROM s.next_run_at - coalesce(s.last_run_at, s.created_at)))
        """;
}
