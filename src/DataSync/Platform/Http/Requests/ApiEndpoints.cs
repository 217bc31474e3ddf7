using DataSync.Platform.Audit.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Http.Requests;

/// <summary>How a room opens its endpoints.</summary>
internal static class ApiEndpoints
{
    /// <summary>A group of endpoints that read requests strictly. Each one still needs <c>RequireScope</c> (or <c>AllowAnonymous</c>), <c>WithApi</c>, and what it leaves in the audit log.</summary>
    /// <param name="endpoints">Where to map.</param>
    /// <param name="prefix">Path, such as <c>/api/sources</c>.</param>
    /// <param name="tag">Heading in the OpenAPI document.</param>
    public static RouteGroupBuilder MapApiGroup(this IEndpointRouteBuilder endpoints, string prefix, string tag)
        => endpoints.MapGroup(prefix).WithTags(tag).AddEndpointFilter(new AuditFilter()).AddEndpointFilter(new RequestFaultsFilter()).WithMetadata(new ApiEndpoint());

    /// <summary>Another limit for the body than the 1 MiB of the server.</summary>
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder builder, long bytes) where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new RequestSizeLimitAttribute(bytes));
}

/// <summary>Marks endpoints of <see cref="ApiEndpoints.MapApiGroup"/>.</summary>
internal sealed record ApiEndpoint;
