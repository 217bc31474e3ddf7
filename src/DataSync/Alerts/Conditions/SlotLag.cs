namespace DataSync.Alerts.Conditions;

/// <summary>
/// A source's server keeps more bytes of its log for the next sync than it should, as it was seen last: by a look between syncs, which a server that cannot be reached leaves as it was.
/// </summary>
internal sealed class SlotLag : IAlertCondition
{
    public string Name => "slot_lag";

    public RuleShape Shape => new(Threshold: 1L << 30, Least: 0, Most: 1L << 50, WindowSeconds: 0, HasSource: true);

    public string Tenants => "SELECT DISTINCT tenant_id FROM source_slots";

    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, s.source_id AS subject, s.lag_bytes::double precision AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r JOIN source_slots s ON s.tenant_id = r.tenant_id AND (r.source_id IS NULL OR s.source_id = r.source_id)
        WHERE s.lag_bytes > r.threshold
        """;
}
