using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Encryption;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with keys; see docs/security.md.</summary>
public static class DataSyncKeys
{
    /// <summary>Wraps every tenant's data keys under the first master key; returns how many, and how many tenants failed.</summary>
    public static async Task<(int Rewrapped, int Failed)> RotateMasterKeyAsync(this IServiceProvider services, CancellationToken ct)
    {
        var outcome = await services.GetRequiredService<MasterKeyRotation>().RunAsync(ct);
        return (outcome.Rewrapped, outcome.Failed);
    }

    /// <summary>
    /// Gives a tenant a new data key and moves its sealed values to it; returns how many moved, and how many do not open and stayed. Null for a
    /// tenant that has no data key: it never sealed anything, or its id is misspelt.
    /// </summary>
    public static async Task<(int Moved, int Unreadable)?> RotateDataKeyAsync(this IServiceProvider services, string tenantId, CancellationToken ct)
    {
        var trail = AuditTrail.Begin("rotate-data-key", "key.rotate", "tenant", tenantId, services.GetRequiredService<TimeProvider>());
        var outcome = await services.GetRequiredService<DataKeyRotation>().RunAsync(tenantId, ct);
        trail.End();
        return outcome.KeyId == 0 ? null : (outcome.Moved, outcome.Unreadable);
    }
}
