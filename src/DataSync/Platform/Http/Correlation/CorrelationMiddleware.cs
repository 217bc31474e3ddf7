using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Http.Correlation;

/// <summary>
/// Gives each request its correlation id. The server starts an activity from the incoming <c>traceparent</c> when anybody listens;
/// where nobody does, this starts one, so the id is there and is passed on all the same.
/// </summary>
internal sealed class CorrelationMiddleware(RequestDelegate next, ILogger<CorrelationMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using var own = Activity.Current is null ? Start(context.Request) : null;
        var id = Activity.Current!.TraceId.ToHexString();
        context.Features.Set(new CorrelationId(id));
        context.Response.Headers["X-Correlation-Id"] = id;
        KeyValuePair<string, object>[] scope = [new("CorrelationId", id)];
        using (logger.BeginScope(scope)) await next(context);
    }

    private static Activity Start(HttpRequest request)
    {
        var activity = new Activity("http.request").SetIdFormat(ActivityIdFormat.W3C);
        if (request.Headers.TraceParent is [{ } parent] && ActivityContext.TryParse(parent, request.Headers.TraceState.ToString(), isRemote: true, out _))
            activity.SetParentId(parent);
        return activity.Start();
    }
}
