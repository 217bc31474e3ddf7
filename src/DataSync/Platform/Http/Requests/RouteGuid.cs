using System.Reflection;
using System.Text.Json;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Platform.Http.Requests;

/// <summary>
/// A UUID in the path. Take one as a parameter of the handler: <c>(RouteGuid jobId)</c> reads <c>{job_id}</c>. Text that is no UUID names nothing: it is absent, not malformed,
/// and <see cref="Guid.Empty"/> is nobody's id.
/// </summary>
internal readonly record struct RouteGuid(Guid Value) : IEndpointParameterMetadataProvider
{
    public static ValueTask<RouteGuid> BindAsync(HttpContext context, ParameterInfo parameter)
        => ValueTask.FromResult(new RouteGuid(Guid.TryParseExact(context.Request.RouteValues[NameOf(parameter)] as string, "D", out var id) ? id : Guid.Empty));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new PathParameterShape(NameOf(parameter), $"The {NameOf(parameter)[..^"_id".Length]}'s UUID."));

    private static string NameOf(ParameterInfo parameter) => JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!);
}
