namespace DataSync.Alerts.Conditions;

/// <summary>
/// A table of tenants' rows stands without its wall: its row security is off, or not forced. Nothing is refused any more where that is so, and nobody would run into anything: it is the catalogue that tells. A migration that opens a wall
/// for itself closes it again in the same transaction, so nobody sees it open.
/// </summary>
internal sealed class Wall(AlertOptions options) : IAlertCondition
{
    public string Name => "wall";

    public RuleShape? Shape => null;

    public string Tenants => "SELECT NULL::text AS tenant_id";

    // A leaf has no wall of its own: nobody but its parent's policies leads to it.
    public string Breaches =>
        """
        SELECT $6::text AS tenant_id, $2::text AS rule_id, c.relname::text AS subject, 1::double precision AS value, 0::double precision AS threshold, 0 AS window_seconds, NULL::text[] AS channels
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
          AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
        """;

    public IReadOnlyList<object> Values => [options.OperatorTenant];
}
