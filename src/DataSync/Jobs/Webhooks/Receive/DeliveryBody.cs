using System.IO.Compression;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>Reads bodies: first the very bytes that came, for they are what was signed; decompressed only once they are let in.</summary>
internal static class DeliveryBody
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>A few bytes may well stand for a small body; the ratio counts beyond it.</summary>
    private const int FreeBytes = 64 * 1024;

    /// <summary>What is wrong with the headers that describe the body; null if it may be read. Looks at nothing of the source's.</summary>
    public static SyncFailure? HeaderFailure(HttpRequest request, int limit)
    {
        var isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (type.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isJson) return SyncFailure.Permanent("errors.request.media_type");
        if (request.Headers.ContentEncoding.Count > 0 && !IsGzip(request) && !string.Equals(request.Headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
            return SyncFailure.Permanent("errors.request.encoding", ("encoding", request.Headers.ContentEncoding.ToString()), ("allowed", "gzip, identity"));
        return request.ContentLength > limit ? WebhookFailure.TooLarge : null;
    }

    /// <summary>Reads the body as it comes.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, BodyMemory.Share memory, CancellationToken ct)
    {
        var expected = (int)Math.Min(request.ContentLength ?? FirstBytes, FirstBytes);
        return await ReadAsync(request.Body, expected, limit, memory, ct);
    }

    /// <summary>The body in the clear. Throws where it is not what its encoding says, or expands beyond reason.</summary>
    public static async Task<byte[]> UnpackAsync(HttpRequest request, byte[] body, WebhookOptions options, BodyMemory.Share memory, CancellationToken ct)
    {
        if (!IsGzip(request)) return body;
        var limit = (int)Math.Min(options.MaxUnpackedBytes, Math.Max(FreeBytes, (long)body.Length * WebhookOptions.MostRatio));
        await using var stream = new GZipStream(new MemoryStream(body, writable: false), CompressionMode.Decompress);
        try
        {
            return await ReadAsync(stream, Math.Min(FirstBytes, limit), limit, memory, ct);
        }
        catch (InvalidDataException e)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.request.encoding_broken"), e);
        }
    }

    private static bool IsGzip(HttpRequest request) => string.Equals(request.Headers.ContentEncoding, "gzip", StringComparison.OrdinalIgnoreCase);

    private static async Task<byte[]> ReadAsync(Stream stream, int expected, int limit, BodyMemory.Share memory, CancellationToken ct)
    {
        memory.Take(expected);
        var (bytes, length) = (GC.AllocateUninitializedArray<byte>(expected), 0);
        while (true)
        {
            if (length == bytes.Length)
            {
                // Full: either this is all, or there is more, for which there must be room.
                var one = new byte[1];
                if (await stream.ReadAsync(one, ct) == 0) return bytes;
                if (length == limit) throw new SyncFailureException(WebhookFailure.TooLarge);
                var larger = (int)Math.Min(Math.Max(bytes.Length * 2L, FirstBytes), limit);
                memory.Take(larger - bytes.Length);
                Array.Resize(ref bytes, larger);
                bytes[length++] = one[0];
                continue;
            }

            var read = await stream.ReadAsync(bytes.AsMemory(length), ct);
            if (read == 0) return bytes[..length];
            length += read;
        }
    }
}
