using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>Where chains end, as the database says. Needs the system role, which sees all tenants.</summary>
internal static class AuditHeads
{
    private const string Of = """
        SELECT t.tenant_id, h.sequence, h.hash FROM unnest($1::text[]) t(tenant_id)
        CROSS JOIN LATERAL (SELECT l.sequence, l.hash FROM audit_log l WHERE l.tenant_id = t.tenant_id ORDER BY l.sequence DESC LIMIT 1) h
        """;

    /// <summary>From one tenant to the next by the index, whatever the number of entries.</summary>
    private const string Tenants = """
        WITH RECURSIVE t AS (
            (SELECT tenant_id FROM audit_log ORDER BY tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT l.tenant_id FROM audit_log l WHERE l.tenant_id > t.tenant_id ORDER BY l.tenant_id LIMIT 1) FROM t WHERE t.tenant_id IS NOT NULL)
        SELECT tenant_id FROM t WHERE tenant_id IS NOT NULL
        """;

    /// <summary>The heads of some tenants; one without entries is not among them.</summary>
    public static async Task<Dictionary<string, AuditHead>> OfAsync(NpgsqlConnection connection, string[] tenants, CancellationToken ct)
    {
        await using var ask = new NpgsqlCommand(Of, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = tenants } } };
        await using var rows = await ask.ExecuteReaderAsync(ct);
        Dictionary<string, AuditHead> heads = new(StringComparer.Ordinal);
        while (await rows.ReadAsync(ct)) heads[rows.GetString(0)] = new AuditHead(rows.GetString(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
        return heads;
    }

    /// <summary>Every tenant that has a chain.</summary>
    public static async Task<List<string>> TenantsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var ask = new NpgsqlCommand(Tenants, connection);
        await using var rows = await ask.ExecuteReaderAsync(ct);
        List<string> tenants = [];
        while (await rows.ReadAsync(ct)) tenants.Add(rows.GetString(0));
        return tenants;
    }
}
