using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Correlation;

/// <summary>The W3C trace id of a request, which is its correlation id everywhere: header, problem, log, job.</summary>
internal sealed record CorrelationId(string Value)
{
    public static string Of(HttpContext context)
        => context.Features.Get<CorrelationId>()?.Value ?? Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
}
