using System.Reflection;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace DataSync.Sources;

/// <summary><c>If-Match</c> as a parameter of a handler: the versions a caller will change, any where it says nothing.</summary>
internal sealed record IfMatch(IReadOnlyList<EntityTagHeaderValue>? Tags) : IEndpointParameterMetadataProvider
{
    public static ValueTask<IfMatch> BindAsync(HttpContext context)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0) return ValueTask.FromResult(new IfMatch((IReadOnlyList<EntityTagHeaderValue>?)null));
        if (!EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var tags))
            RequestFaults.Of(context).Add(new Fault("header/If-Match", "faults.if_match"));
        return ValueTask.FromResult(new IfMatch([.. tags ?? []]));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new HeaderShape("If-Match", "The version that is to be changed, as its `ETag`: 412 if there is another by now."));
        builder.Metadata.Add(new OneMoreRefusal(StatusCodes.Status412PreconditionFailed, "It has changed since the version that `If-Match` names."));
    }

    public bool Allows(int version) => Tags is null || Tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(Tag(version), useStrongComparison: true));

    public static EntityTagHeaderValue Tag(int version) => new($"\"{version}\"");
}
