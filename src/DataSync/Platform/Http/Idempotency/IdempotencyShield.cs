using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>
/// A caller who leaves must not cut a keyed request in two, with the work done and no answer kept: its cancellation is the server's stop only.
/// Stands before the endpoint, since the handler's parameters are bound before any filter runs.
/// </summary>
internal sealed class IdempotencyShield(RequestDelegate next, IHostApplicationLifetime lifetime)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IdempotencyMetadata>() is not null && IdempotencyHeader.Of(context) is not null)
        {
            context.Features.Set(new CallerConnection(context.RequestAborted));
            context.RequestAborted = lifetime.ApplicationStopping;
        }

        return next(context);
    }
}

/// <summary>The caller's own cancellation, where a key has put the server's in its place.</summary>
internal sealed record CallerConnection(CancellationToken Gone)
{
    /// <summary>Cancelled when the caller hangs up, key or not.</summary>
    public static CancellationToken Of(HttpContext context) => context.Features.Get<CallerConnection>()?.Gone ?? context.RequestAborted;
}
