using System.Reflection;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace DataSync.Platform.Http.Requests;

/// <summary>
/// An id in the path. Take one as a parameter of the handler: <c>(RouteId sourceId)</c> reads <c>{source_id}</c>. It is read from the request's raw
/// target, since the decoded path no longer tells <c>%2F</c> from <c>%252F</c>.
/// </summary>
internal readonly record struct RouteId(string Value) : IEndpointParameterMetadataProvider
{
    public static ValueTask<RouteId> BindAsync(HttpContext context, ParameterInfo parameter)
        => ValueTask.FromResult(Read(context, NameOf(parameter)));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => PopulateMetadata(NameOf(parameter), builder);

    /// <summary>Describes the segment where another parameter reads it.</summary>
    public static void PopulateMetadata(string name, EndpointBuilder builder)
        => builder.Metadata.Add(new PathParameterShape(name, $"Text of 1 to {Identifier.MaxCodePoints} code points, percent-encoded, or `~` and the base64url of its UTF-8."));

    /// <summary>Reads the id of a route value; its fault goes to the request's other faults.</summary>
    public static RouteId Read(HttpContext context, string name)
    {
        var segment = Segment(context, name);
        if (segment is not null && UrlId.TryDecode(segment, out var id, out var fault)) return new RouteId(id);
        UrlId.TryDecode(segment ?? "%", out _, out fault);
        RequestFaults.Of(context).Add(new Fault($"path/{name}", fault, ("max", Identifier.MaxCodePoints)));
        return new RouteId("");
    }

    /// <summary>The id of a route value; empty where it is none, which is nobody's fault here.</summary>
    public static string TextOf(HttpContext context, string name) => Segment(context, name) is { } segment && UrlId.TryDecode(segment, out var id, out _) ? id : "";

    public override string ToString() => Value;

    private static string NameOf(ParameterInfo parameter) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!);

    private static string? Segment(HttpContext context, string name)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern: var pattern }) return null;
        var index = IndexOf(pattern, name) + (context.Request.PathBase.Value?.Count(c => c == '/') ?? 0);
        var rest = RawPath(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        for (var place = -1; ; place++)
        {
            var slash = rest.IndexOf('/');
            if (place == index) return (slash < 0 ? rest : rest[..slash]).ToString();
            if (slash < 0) return null;
            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>Which segment of the path the parameter is, from 0.</summary>
    private static int IndexOf(RoutePattern pattern, string name)
    {
        for (var i = 0; i < pattern.PathSegments.Count; i++)
        {
            if (pattern.PathSegments[i] is { IsSimple: true, Parts: [RoutePatternParameterPart part] } && part.Name == name) return i;
        }

        throw new InvalidOperationException($"The route {pattern.RawText} has no segment {{{name}}}.");
    }

    private static ReadOnlySpan<char> RawPath(ReadOnlySpan<char> target)
    {
        var end = target.IndexOfAny('?', '#');
        if (end >= 0) target = target[..end];
        var scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return target;
        var path = target[(scheme + 3)..].IndexOf('/');
        return path < 0 ? "/" : target[(scheme + 3 + path)..];
    }
}
