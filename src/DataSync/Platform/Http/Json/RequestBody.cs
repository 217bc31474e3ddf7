using System.Buffers;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace DataSync.Platform.Http.Json;

/// <summary>The bytes of a JSON body as they came, kept for the request: idempotency compares them.</summary>
internal sealed record RequestBody(ReadOnlyMemory<byte> Bytes)
{
    public const long DefaultLimit = 1024 * 1024;

    /// <summary>The key of what is wrong with the headers that describe the body; null if it may be read.</summary>
    public static SyncFailure? HeaderFailure(HttpRequest request)
    {
        var valid = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (type.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        return valid && request.Headers.ContentEncoding.Count == 0 ? null : SyncFailure.Permanent("errors.request.media_type");
    }

    /// <summary>Reads the body up to its limit; null if it is larger.</summary>
    public static async Task<RequestBody?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<RequestBody>() is { } known) return known;
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? DefaultLimit;
        if (context.Request.ContentLength > limit) return null;
        var buffer = new ArrayBufferWriter<byte>((int)Math.Clamp(context.Request.ContentLength ?? 0, 1024, 64 * 1024));
        while (await context.Request.Body.ReadAsync(buffer.GetMemory(4096), context.RequestAborted) is var read and > 0)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount > limit) return null;
        }

        var body = new RequestBody(buffer.WrittenMemory);
        context.Features.Set(body);
        return body;
    }
}
