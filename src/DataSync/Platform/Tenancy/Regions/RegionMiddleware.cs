using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Settings;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>
/// Refuses every request of a tenant that is stored in another region, before anything of it is counted, logged, audited or stored here, and says where to go. What is for everybody
/// (health, error texts) is no tenant's.
/// </summary>
internal sealed class RegionMiddleware(RequestDelegate next, ProblemWriter problems)
{
    public Task InvokeAsync(HttpContext context)
    {
        // a floor without a database has no regions
        if (context.RequestServices.GetService<RegionOptions>() is not { AreThere: true } regions || Caller.TenantOf(context) is not { } tenant
            || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        var settings = context.Features.Get<TenantSettings>();
        if (settings is not null && (regions.IsHere(settings.Region) || TakesPlace(context, tenant, settings))) return next(context);
        var failure = RegionFailure.Of(regions, settings);
        if (failure is { MessageKey: RegionFailure.Elsewhere, Params: { } told }) context.Response.Headers.Location = told["url"] + Target(context);
        return problems.WriteAsync(context, failure);
    }

    /// <summary>An operator whose own tenant was given no region yet may give it one; else nobody could ever give one to anybody.</summary>
    private static bool TakesPlace(HttpContext context, string tenant, TenantSettings settings)
        => settings.Region is null && context.GetEndpoint()?.Metadata.GetMetadata<PlacesTenants>() is not null
            && string.Equals(RouteId.TextOf(context, "tenant_id"), tenant, StringComparison.Ordinal);

    /// <summary>Path and query as they were sent.</summary>
    private static string Target(HttpContext context)
        => context.Features.Get<IHttpRequestFeature>()?.RawTarget is { } raw && raw.StartsWith('/') ? raw : context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
}

/// <summary>Marks the endpoint that says where a tenant is stored.</summary>
internal sealed class PlacesTenants;
