using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>Marks endpoints of <see cref="IdempotencyEndpoints.WithIdempotency"/>.</summary>
internal sealed record IdempotencyMetadata;

/// <summary>Reads <c>Idempotency-Key</c>.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
    private const int MaxLength = 255;

    /// <summary>The key, or null if the header is absent.</summary>
    public static string? Of(HttpContext context) => context.Request.Headers[Name] is [{ } key] ? key : null;

    /// <summary>Absent, or a key as it must be.</summary>
    public static bool IsValid(HttpContext context)
    {
        var values = context.Request.Headers[Name];
        return values.Count == 0 || (values is [{ Length: > 0 and <= MaxLength } key] && key.All(c => c is >= ' ' and <= '~'));
    }

    public static void Check(HttpContext context)
    {
        if (IsValid(context)) return;
        RequestFaults.Of(context).Add(new Fault($"header/{Name}", "faults.idempotency_key", ("max", MaxLength)));
    }
}
