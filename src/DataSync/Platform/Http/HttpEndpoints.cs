using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Correlation;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.RateLimits;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Platform.Tenancy.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Http;

internal static class HttpEndpoints
{
    /// <summary>The walk of every request, in order. Call it before any endpoint is mapped.</summary>
    public static IApplicationBuilder UsePlatformHttp(this IApplicationBuilder app)
    {
        app.UseMiddleware<CorrelationMiddleware>();
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UseMiddleware<FailureMiddleware>();
        app.UseApiPage();
        app.UseRouting();
        app.UseMiddleware<ObserversOnlyMiddleware>();
        app.UseAuthentication();
        app.UseMiddleware<TenantSettingsMiddleware>();
        app.UseMiddleware<RegionMiddleware>();
        app.UseMiddleware<CallerScopeMiddleware>();
        app.UseRateLimits();
        app.UseAuthorization();
        app.UseMiddleware<IdempotencyShield>();
        return app;
    }

    /// <summary>The platform's own endpoints: health, metrics, errors, the OpenAPI document, the operator's login.</summary>
    public static IEndpointRouteBuilder MapPlatformHttp(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealth();
        endpoints.MapErrors();
        endpoints.MapApiDocument();
        endpoints.MapOperatorLogin();
        return endpoints;
    }
}
