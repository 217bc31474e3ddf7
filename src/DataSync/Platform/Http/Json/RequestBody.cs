using System.Buffers;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
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
        if (!valid) return SyncFailure.Permanent("errors.request.media_type");
        var encodings = request.HttpContext.RequestServices.GetRequiredService<RequestEncodings>();
        if (encodings.Of(request) is not null) return null;
        var allowed = string.Join(", ", encodings.Accepted);
        request.HttpContext.Response.Headers.AcceptEncoding = allowed;
        return SyncFailure.Permanent("errors.request.encoding", ("encoding", request.Headers.ContentEncoding.ToString()), ("allowed", allowed));
    }

    /// <summary>Reads the body, decompressed, up to its limit; null if it is larger.</summary>
    /// <exception cref="SyncFailureException">The body is not what its content encoding says.</exception>
    public static async Task<RequestBody?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<RequestBody>() is { } known) return known;
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? DefaultLimit;
        if (context.Request.ContentLength > limit) return null;
        var buffer = new ArrayBufferWriter<byte>((int)Math.Clamp(context.Request.ContentLength ?? 0, 1024, 64 * 1024));
        var encodings = context.RequestServices.GetRequiredService<RequestEncodings>();
        var stream = RequestEncodings.Open(encodings.Of(context.Request) ?? "identity", context.Request.Body);
        try
        {
            while (await stream.ReadAsync(buffer.GetMemory(4096), context.RequestAborted) is var read and > 0)
            {
                buffer.Advance(read);
                if (buffer.WrittenCount > limit) return null;
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException && stream != context.Request.Body)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.request.encoding_broken"), e);
        }
        finally
        {
            if (stream != context.Request.Body) await stream.DisposeAsync();
        }

        var body = new RequestBody(buffer.WrittenMemory);
        context.Features.Set(body);
        return body;
    }
}
