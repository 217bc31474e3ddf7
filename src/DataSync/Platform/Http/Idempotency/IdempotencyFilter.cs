using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>
/// Makes a POST safe to repeat: the first answer to a key is given again, whatever the endpoint would do now. An answer that may change by itself
/// (5xx, 408, 425, 429, anything with <c>Retry-After</c>) is not kept.
/// </summary>
internal sealed class IdempotencyFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (IdempotencyHeader.Of(http) is not { } header) return await next(context);
        var store = http.RequestServices.GetRequiredService<IdempotencyStore>();
        var key = KeyOf(http, header);
        switch (await store.ClaimAsync(key, await FingerprintsAsync(http), http.RequestAborted))
        {
            case IdempotencyClaim.Mismatch:
                return Problem.From(SyncFailure.Permanent("errors.idempotency.mismatch"));
            case IdempotencyClaim.InProgress:
                return Problem.From(SyncFailure.Permanent("errors.idempotency.in_progress") with { RetryAfter = TimeSpan.FromSeconds(1) });
            case IdempotencyClaim.Done { Answer: var answer }:
                await ReplayAsync(http, answer);
                return Results.Empty;
            case IdempotencyClaim.Claimed { ClaimId: var claim }:
                await WorkAsync(context, next, store, key, claim);
                return Results.Empty;
            default:
                throw new InvalidOperationException("The store answered a claim in a way nobody knows.");
        }
    }

    /// <summary>
    /// Gives the kept answer to a repeat that would be refused today, because what it speaks of has changed since it was first made. False where
    /// there is none.
    /// </summary>
    public static async Task<bool> TryReplayAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IdempotencyMetadata>() is null || !IdempotencyHeader.IsValid(http) || IdempotencyHeader.Of(http) is not { } header) return false;
        if (http.Features.Get<RequestBody>() is null) return false;
        var store = http.RequestServices.GetRequiredService<IdempotencyStore>();
        if (await store.FindAsync(KeyOf(http, header), await FingerprintsAsync(http), http.RequestAborted) is not { } answer) return false;
        await ReplayAsync(http, answer);
        return true;
    }

    private static Task ReplayAsync(HttpContext http, StoredAnswer answer)
    {
        http.Response.Headers["Idempotency-Replayed"] = "true";
        return CapturedAnswer.SendAsync(http, answer);
    }

    private static KeyedOperation KeyOf(HttpContext http, string header)
        => new(Caller.Of(http).Tenant, $"{http.Request.Method} {http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}", header);

    private static async Task WorkAsync(
        EndpointFilterInvocationContext context, EndpointFilterDelegate next, IdempotencyStore store, KeyedOperation key, Guid claim)
    {
        StoredAnswer answer;
        context.HttpContext.Features.Set(new IdempotentWork(claim));
        var sent = false;
        try
        {
            if (KeyedOutcome.Of(context.HttpContext) is { } outcome) (answer, sent) = await outcome.RunAsync(context, next);
            else answer = await CapturedAnswer.RunAsync(context, next);
        }
        catch
        {
            await store.ReleaseAsync(key, claim, CancellationToken.None);
            throw;
        }

        if (MayChange(answer.Status, context.HttpContext.Response)) await store.ReleaseAsync(key, claim, CancellationToken.None);
        else await store.CompleteAsync(key, claim, answer, CancellationToken.None);
        if (!sent) await CapturedAnswer.SendAsync(context.HttpContext, answer);
    }

    private static bool MayChange(int status, HttpResponse response)
        => status is >= 500 or 408 or 425 or 429 || response.Headers.RetryAfter.Count > 0;

    private static async Task<IReadOnlyList<byte[]>> FingerprintsAsync(HttpContext context)
    {
        var keys = context.RequestServices.GetRequiredService<DerivedKeys>().For("idempotency/v1");
        var body = await RequestBody.ReadAsync(context) ?? throw new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge);
        return [.. keys.Select(key => HMACSHA256.HashData(key, body.Bytes.Span))];
    }
}

/// <summary>The work that a request with an <c>Idempotency-Key</c> does. What it makes under this id is made once, whatever dies in between.</summary>
internal sealed record IdempotentWork(Guid Id)
{
    /// <summary>The id, for the handler to name what it makes; null where the request has no key.</summary>
    public static Guid? IdOf(HttpContext context) => context.Features.Get<IdempotentWork>()?.Id;
}

internal static class IdempotencyEndpoints
{
    /// <summary>Accepts <c>Idempotency-Key</c>. The handler's work then goes on to its end even if the caller leaves, since a repeat must find its answer.</summary>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder builder)
        => builder.AddEndpointFilter(new IdempotencyFilter()).WithMetadata(new IdempotencyMetadata());
}
