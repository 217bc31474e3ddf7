namespace DataSync.Platform.Audit.Chain;

/// <summary>The last entry of a tenant's chain: who knows it knows, by the hash, everything before.</summary>
/// <param name="TenantId">Whose chain.</param>
/// <param name="Sequence">The entry's number; 0 for an empty chain.</param>
/// <param name="Hash">Its hash.</param>
internal sealed record AuditHead(string TenantId, long Sequence, byte[] Hash)
{
    public static AuditHead Empty(string tenantId) => new(tenantId, 0, AuditHash.None);
}
