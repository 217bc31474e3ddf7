using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>
/// An operator's routes to another tenant than the token's, <c>/api/tenants/{tenant_id}/…</c>: a tenant that is elsewhere is refused before anything is read or changed, and what is done from there on is in the tenant's own audit log.
/// Stands behind the filters of <see cref="ApiEndpoints.MapApiGroup"/>, so the request's faults come first, and what is refused until then stays in the caller's log.
/// </summary>
internal sealed class OfTenantFilter : IEndpointFilter
{
    private const string TenantId = "tenant_id";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var tenant = RouteId.TextOf(http, TenantId);
        await http.RequestServices.GetRequiredService<TenantRegions>().DemandAsync(tenant, http.RequestAborted);
        AuditTrail.InLogOf(tenant);
        return await next(context);
    }
}

internal static class OfTenantEndpoints
{
    /// <summary>A group of endpoints about any tenant, for operators: each takes <c>RouteId tenantId</c>, and finds the tenant here.</summary>
    /// <param name="endpoints">Where to map.</param>
    /// <param name="what">What of the tenant, such as <c>retention</c>.</param>
    /// <param name="tag">Heading in the OpenAPI document.</param>
    public static RouteGroupBuilder MapGroupOfTenants(this IEndpointRouteBuilder endpoints, string what, string tag)
        => endpoints.MapApiGroup("/api/tenants/{tenant_id}/" + what, tag).AddEndpointFilter(new OfTenantFilter());
}
