using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>Whether a tenant is stored in this process's region, by its settings at hand: asks nobody while they are known, and never where there are no regions.</summary>
internal sealed class TenantRegions(RegionOptions regions, TenantSettingsAtHand? settings = null)
{
    /// <summary>False too where it cannot be known now.</summary>
    public async ValueTask<bool> IsHereAsync(string tenantId, CancellationToken ct)
        => !regions.AreThere || (settings is not null && await settings.OfAsync(tenantId, ct) is { } known && regions.IsHere(known.Region));

    /// <summary>For an operator's routes, which act on another tenant than their caller's: throws where that tenant is not here.</summary>
    public async ValueTask DemandAsync(string tenantId, CancellationToken ct)
    {
        if (!await IsHereAsync(tenantId, ct)) throw new SyncFailureException(RegionFailure.Of(regions, settings is null ? null : await settings.OfAsync(tenantId, ct)));
    }
}
