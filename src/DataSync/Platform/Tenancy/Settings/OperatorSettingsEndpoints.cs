using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Any tenant's settings as the operator sees them.</summary>
internal sealed record OperatorSettingsAnswer(string TenantId, string? Region, string? Language, TenantLimits Limits, int Version, DateTimeOffset? UpdatedAt, string? UpdatedBy)
{
    public static OperatorSettingsAnswer Of(TenantSettings s, RegionOptions regions) => new(
        s.TenantId, regions.Of(s.Region), s.Language, new TenantLimits(s.MaxConcurrentJobs, s.RequestsPerMinute, s.RealtimeBytes),
        s.Version, s.UpdatedAt, s.UpdatedBy);
}

internal static class OperatorSettingsEndpoints
{
    private const string Members = """
        "region":"eu","language":"zh-CN","limits":{"concurrent_jobs":10,"requests_per_minute":6000,"realtime_bytes":33554432}
        """;

    private const string AnswerExample = $$"""{"tenant_id":"acme",{{Members}},"version":3,"updated_at":"2026-01-31T08:00:00Z","updated_by":"olga"}""";

    /// <summary>A request that acts on a tenant which is not its token's: for operators alone.</summary>
    public static void MapOperatorSettings(this IEndpointRouteBuilder endpoints)
    {
        var settings = endpoints.MapApiGroup("/api/tenants/{tenant_id}/settings", "Tenant").WithMetadata(new PlacesTenants());
        settings.MapGet("", GetAsync).WithName("getSettingsOfTenant").RequireScope(ApiScope.Operator).NotAudited("Settings are shown, and no record.").WithApi(
            "Show any tenant's settings", "null is as for all tenants; `version` is 0 where nothing was ever set, also for a tenant that nobody has heard of. Of a tenant in another `region` nothing but that is known.", response: AnswerExample);
        settings.MapPut("", ReplaceAsync).WithName("putSettingsOfTenant").RequireScope(ApiScope.Operator).AuditsChange("tenant.settings", "tenant", "tenant_id").WithApi(
            "Replace any tenant's settings",
            "All of them: what is left out goes back to what holds for all tenants. Seen everywhere within two seconds; what runs goes on. Limits of models are set by `PUT …/ai-budget`, days of keeping by `PUT …/retention`.\n\n"
            + "`region`, where the installation has several: where everything of the tenant is stored; left out, it stays as it is. It is set in each region. 409 where the tenant is to leave while anything of it is stored here: export what is "
            + "needed, then erase the tenant here. In a region that is not the tenant's, `region` is all that is taken (421).",
            $$"""{{{Members}}}""", AnswerExample)
            .WithRefusal(StatusCodes.Status409Conflict, "The tenant was to leave this region while something of it is stored here.");
    }

    [Answers<OperatorSettingsAnswer>]
    private static async Task<IResult> GetAsync(RouteId tenantId, TenantSettingsStore store, RegionOptions regions, CancellationToken ct)
        => TypedResults.Ok(OperatorSettingsAnswer.Of(await store.GetAsync(tenantId.Value, ct), regions));

    [Answers<OperatorSettingsAnswer>]
    private static async Task<IResult> ReplaceAsync(
        RouteId tenantId, Body<OperatorSettingsBody> body, Caller caller, TenantSettingsStore store, RegionOptions regions, Messages messages, CancellationToken ct)
    {
        Fault[] faults = [.. messages.LanguageFaults(body.Value.Language), .. regions.Faults(body.Value.Region)];
        return faults.Length > 0 ? Problem.From(faults) : TypedResults.Ok(OperatorSettingsAnswer.Of(await store.ReplaceAsync(tenantId.Value, body.Value, caller, ct), regions));
    }
}
