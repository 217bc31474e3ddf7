using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Body of <c>PUT /api/tenant/settings</c>: what is left out goes back to its default.</summary>
internal sealed record TenantSettingsBody(string? Language) : IRequestBody<TenantSettingsBody>
{
    public static TenantSettingsBody Read(JsonObjectReader json) => new(json.OptionalString("language", 64));
}

/// <summary>Settings as they are shown.</summary>
internal sealed record TenantSettingsAnswer(string? Language, string? Region, int Version, DateTimeOffset? UpdatedAt)
{
    public static TenantSettingsAnswer Of(TenantSettings settings, RegionOptions regions) => new(settings.Language, regions.Of(settings.Region), settings.Version, settings.UpdatedAt);
}

[ApiTag("Tenant", "The tenant's own settings.")]
internal static class TenantSettingsEndpoints
{
    private const string AnswerExample = """{"language":"zh-CN","region":null,"version":1,"updated_at":"2026-01-31T08:00:00Z"}""";

    public static IEndpointRouteBuilder MapTenantSettings(this IEndpointRouteBuilder endpoints)
    {
        var settings = endpoints.MapApiGroup("/api/tenant/settings", "Tenant");
        settings.MapGet("", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("Settings are shown, and no record.").WithApi(
            "Show the tenant's settings", "`version` is 0 where nothing was ever set. `region` is where everything of the tenant is stored; null where the installation has one region alone.", response: AnswerExample);
        settings.MapPut("", ReplaceAsync).RequireScope(ApiScope.Operator).AuditsChange("tenant.settings", "tenant").WithApi(
            "Replace the tenant's language",
            "`language` is that of answers to requests whose token and `Accept-Language` name none of ours; null for the default. Seen everywhere within two seconds.",
            """{"language":"zh-CN"}""", AnswerExample);
        endpoints.MapOperatorSettings();
        return endpoints;
    }

    [Answers<TenantSettingsAnswer>]
    private static async Task<IResult> GetAsync(Caller caller, TenantSettingsStore store, RegionOptions regions, CancellationToken ct)
        => TypedResults.Ok(TenantSettingsAnswer.Of(await store.GetAsync(caller.Tenant, ct), regions));

    [Answers<TenantSettingsAnswer>]
    private static async Task<IResult> ReplaceAsync(Body<TenantSettingsBody> body, Caller caller, TenantSettingsStore store, RegionOptions regions, Messages messages, CancellationToken ct)
        => messages.LanguageFaults(body.Value.Language) is { Count: > 0 } faults
            ? Problem.From(faults)
            : TypedResults.Ok(TenantSettingsAnswer.Of(await store.ReplaceAsync(caller.Tenant, body.Value.Language, caller.Subject, ct), regions));
}
