using DataSync.Pipeline.Failures;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>Why a tenant's request is refused by a region that is not its own.</summary>
internal static class RegionFailure
{
    /// <summary>The key of a refusal that knows where the tenant is.</summary>
    public const string Elsewhere = "errors.region.elsewhere";

    /// <summary>For a tenant that is not here. Where its settings cannot be read, nobody knows that it is, and nothing of it may be stored.</summary>
    public static SyncFailure Of(RegionOptions regions, TenantSettings? settings) => settings is null ? DatabaseUnavailable.Failure : Of(regions, settings.Region);

    /// <summary>The same by the tenant's setting. A region that is listed no more is none.</summary>
    public static SyncFailure Of(RegionOptions regions, string? set)
        => regions.Of(set) is { } region && regions.Addresses.TryGetValue(region, out var address)
            ? SyncFailure.Permanent(Elsewhere, ("region", region), ("url", UrlOf(address)))
            : SyncFailure.Permanent("errors.region.unset");

    /// <summary>The tenant was to leave, and these still hold something of it.</summary>
    public static SyncFailureException InUse(string region, IReadOnlyList<string> held)
        => new(SyncFailure.Permanent("errors.region.in_use", ("region", region), ("held", string.Join(", ", held))));

    /// <summary>An address as it is told: what stands in the setting.</summary>
    public static string UrlOf(Uri address) => address.AbsoluteUri.TrimEnd('/');
}
