using DataSync.Privacy.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with whole tenants; see docs/privacy.md.</summary>
public static class DataSyncTenants
{
    /// <summary>Erases a tenant for good: keys, rows and files. Returns how many rows it had.</summary>
    public static Task<long> EraseTenantAsync(this IServiceProvider services, string tenantId, CancellationToken ct) => services.GetRequiredService<TenantErasure>().RunAsync(tenantId, ct);
}
