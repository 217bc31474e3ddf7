namespace DataSync.Alerts.Conditions;

/// <summary>Every tenant that has a row in a table, by as many steps along an index as there are tenants, however many rows they have.</summary>
internal static class TenantWalk
{
    /// <summary>The body of the recursive query <c>tenants</c> over a table whose index leads with the tenant.</summary>
    public static string Over(string table)
        => $"""
            SELECT (SELECT w.tenant_id FROM {table} w ORDER BY w.tenant_id LIMIT 1) AS tenant_id
            UNION ALL
            SELECT (SELECT w.tenant_id FROM {table} w WHERE w.tenant_id > t.tenant_id ORDER BY w.tenant_id LIMIT 1) FROM tenants t WHERE t.tenant_id IS NOT NULL
            """;
}
