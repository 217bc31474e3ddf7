using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Regions;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Body of <c>PUT /api/tenants/{tenant_id}/settings</c>: what is left out is as for all tenants, but for the region, which stays as it is.</summary>
internal sealed record OperatorSettingsBody(string? Language, TenantLimits Limits, string? Region = null) : IRequestBody<OperatorSettingsBody>
{
    /// <summary>Whether it says nothing but where the tenant is stored.</summary>
    public bool IsPlaceAlone => Language is null && Limits == new TenantLimits(null, null, null);

    public static OperatorSettingsBody Read(JsonObjectReader json) => new(
        json.OptionalString("language", 64), TenantLimits.Read(json.OptionalObject("limits")), json.OptionalString("region", RegionOptions.LongestName));
}

/// <summary>How much of the machines a tenant may take; null is as for all tenants.</summary>
/// <param name="ConcurrentJobs">Jobs that run at once, over all machines.</param>
/// <param name="RequestsPerMinute">Requests that one API process answers: so many at once after a pause, and so many a minute from then on.</param>
/// <param name="RealtimeBytes">Memory that records of realtime and hybrid runs take in one process; never more than the process has for all.</param>
internal sealed record TenantLimits(int? ConcurrentJobs, int? RequestsPerMinute, long? RealtimeBytes)
{
    private const long MiB = 1024 * 1024;

    public static TenantLimits Read(JsonObjectReader json) => new(
        json.OptionalInt("concurrent_jobs", 1, 1000), json.OptionalInt("requests_per_minute", 1, 60_000_000), json.OptionalLong("realtime_bytes", MiB, 1024 * 1024 * MiB));
}
