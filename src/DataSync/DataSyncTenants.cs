using DataSync.Privacy.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with whole tenants; see docs/privacy.md.</summary>
public static class DataSyncTenants
{
    /// <summary>Erases a tenant for good: its tasks at Label Studio, keys, rows and files. Needs what a worker has.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="tenantId">Whom.</param>
    /// <param name="leaveTasks">Goes on where tasks at Label Studio cannot be removed; nobody can do it later. Otherwise nothing else goes.</param>
    /// <param name="ct">Ends it; it may be repeated.</param>
    public static Task<TenantErased> EraseTenantAsync(this IServiceProvider services, string tenantId, bool leaveTasks, CancellationToken ct)
        => services.GetRequiredService<TenantErasure>().RunAsync(tenantId, leaveTasks, ct);
}
