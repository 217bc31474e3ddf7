using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.Requests;

/// <summary>The outermost filter of every API endpoint: answers all faults found while the handler's parameters were read, before the handler runs.</summary>
internal sealed class RequestFaultsFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetMetadata<IdempotencyMetadata>() is not null) IdempotencyHeader.Check(http);
        QueryReader.RefuseUnread(http);
        var faults = RequestFaults.Of(http);
        if (!faults.Any) return await next(context);
        if (await IdempotencyFilter.TryReplayAsync(http)) return Results.Empty;
        await http.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(http, faults.Failure ?? RequestFailure.Invalid, faults.Faults);
        return Results.Empty;
    }
}
