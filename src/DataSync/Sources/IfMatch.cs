using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DataSync.Sources;

/// <summary><c>If-Match</c> as a parameter of a handler: the versions a caller will change, any where it says nothing.</summary>
internal sealed record IfMatch(IReadOnlyList<EntityTagHeaderValue>? Tags)
{
    public static ValueTask<IfMatch> BindAsync(HttpContext context)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0) return ValueTask.FromResult(new IfMatch((IReadOnlyList<EntityTagHeaderValue>?)null));
        if (!EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var tags))
            RequestFaults.Of(context).Add(new Fault("header/If-Match", "faults.if_match"));
        return ValueTask.FromResult(new IfMatch([.. tags ?? []]));
    }

    public bool Allows(int version) => Tags is null || Tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(Tag(version), useStrongComparison: true));

    public static EntityTagHeaderValue Tag(int version) => new($"\"{version}\"");
}
