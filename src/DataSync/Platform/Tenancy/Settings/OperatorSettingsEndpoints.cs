using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Any tenant's settings as the operator sees them.</summary>
internal sealed record OperatorSettingsAnswer(string TenantId, string? Language, TenantLimits Limits, int Version, DateTimeOffset? UpdatedAt, string? UpdatedBy)
{
    public static OperatorSettingsAnswer Of(TenantSettings s) => new(
        s.TenantId, s.Language, new TenantLimits(s.MaxConcurrentJobs, s.RequestsPerMinute, s.RealtimeBytes),
        s.Version, s.UpdatedAt, s.UpdatedBy);
}

internal static class OperatorSettingsEndpoints
{
    private const string Members = """
        "language":"zh-CN","limits":{"concurrent_jobs":10,"requests_per_minute":6000,"realtime_bytes":33554432}
        """;

    private const string AnswerExample = $$"""{"tenant_id":"acme",{{Members}},"version":3,"updated_at":"2026-01-31T08:00:00Z","updated_by":"olga"}""";

    /// <summary>The one place where a request acts on a tenant that is not its token's: for operators alone.</summary>
    public static void MapOperatorSettings(this IEndpointRouteBuilder endpoints)
    {
        var settings = endpoints.MapApiGroup("/api/tenants/{tenant_id}/settings", "Tenant");
        settings.MapGet("", GetAsync).WithName("getSettingsOfTenant").RequireScope(ApiScope.Operator).NotAudited("Settings are shown, and no record.").WithApi(
            "Show any tenant's settings", "null is as for all tenants; `version` is 0 where nothing was ever set, also for a tenant that nobody has heard of.", response: AnswerExample);
        settings.MapPut("", ReplaceAsync).WithName("putSettingsOfTenant").RequireScope(ApiScope.Operator).AuditsChange("tenant.settings", "tenant", "tenant_id").WithApi(
            "Replace any tenant's settings",
            "All of them: what is left out goes back to what holds for all tenants. Seen everywhere within two seconds; what runs goes on. Limits of models are set by `PUT /api/ai/budget`.",
            $$"""{{{Members}}}""", AnswerExample);
    }

    [Answers<OperatorSettingsAnswer>]
    private static async Task<IResult> GetAsync(RouteId tenantId, TenantSettingsStore store, CancellationToken ct)
        => TypedResults.Ok(OperatorSettingsAnswer.Of(await store.GetAsync(tenantId.Value, ct)));

    [Answers<OperatorSettingsAnswer>]
    private static async Task<IResult> ReplaceAsync(RouteId tenantId, Body<OperatorSettingsBody> body, Caller caller, TenantSettingsStore store, Messages messages, CancellationToken ct)
    {
        if (messages.LanguageFaults(body.Value.Language) is { Count: > 0 } faults) return Problem.From(faults);
        AuditTrail.InLogOf(tenantId.Value);
        return TypedResults.Ok(OperatorSettingsAnswer.Of(await store.ReplaceAsync(tenantId.Value, body.Value, caller.Subject, ct)));
    }
}
