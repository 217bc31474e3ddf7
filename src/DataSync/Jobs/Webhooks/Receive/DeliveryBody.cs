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
        if (!IsJson(request.ContentType)) return SyncFailure.Permanent("errors.request.media_type");
        if (request.Headers.ContentEncoding.Count > 0 && !IsGzip(request) && !string.Equals(request.Headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
            return SyncFailure.Permanent("errors.request.encoding", ("encoding", request.Headers.ContentEncoding.ToString()), ("allowed", "gzip, identity"));
        return request.ContentLength > limit ? WebhookFailure.TooLarge : null;
    }

    /// <summary>Reads the body as it comes, for as long as it may take.</summary>
    public static async ValueTask<BodyRead> ReadAsync(HttpRequest request, WebhookOptions options, BodyMemory.Share memory, TimeProvider time, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(options.BodyPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            return await ReadAsync(request.Body, (int)Math.Min(request.ContentLength ?? FirstBytes, FirstBytes), request.ContentLength, options.MaxBytes, memory, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return BodyRead.Refused(WebhookFailure.TooSlow);
        }
    }

    /// <summary>The body in the clear, unless it is not what its encoding says, or expands beyond reason.</summary>
    public static async ValueTask<BodyRead> UnpackAsync(HttpRequest request, byte[] body, WebhookOptions options, BodyMemory.Share memory, CancellationToken ct)
    {
        if (!IsGzip(request)) return BodyRead.Of(body);
        var limit = (int)Math.Min(options.MaxUnpackedBytes, Math.Max(FreeBytes, (long)body.Length * WebhookOptions.MostRatio));
        await using var stream = new GZipStream(new MemoryStream(body, writable: false), CompressionMode.Decompress);
        try
        {
            return await ReadAsync(stream, Math.Min(FirstBytes, limit), length: null, limit, memory, ct);
        }
        catch (InvalidDataException)
        {
            return BodyRead.Refused(SyncFailure.Permanent("errors.request.encoding_broken"));
        }
    }

    private static bool IsJson(string? contentType)
        => contentType is "application/json" // what nearly all send
            || (MediaTypeHeaderValue.TryParse(contentType, out var type)
                && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                    || (type.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
                && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));

    private static bool IsGzip(HttpRequest request) => string.Equals(request.Headers.ContentEncoding, "gzip", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads to the end, into an array that grows with what comes.</summary>
    /// <param name="stream">What is read.</param>
    /// <param name="expected">Bytes to begin with.</param>
    /// <param name="length">How many there are, where that is known: then nobody asks for the end.</param>
    /// <param name="limit">How many there may be.</param>
    /// <param name="memory">Where they are counted.</param>
    /// <param name="ct">The sender's patience.</param>
    private static async ValueTask<BodyRead> ReadAsync(Stream stream, int expected, long? length, int limit, BodyMemory.Share memory, CancellationToken ct)
    {
        if (!memory.TryTake(expected)) return BodyRead.Refused(WebhookFailure.Busy);
        var (bytes, read) = (GC.AllocateUninitializedArray<byte>(expected), 0);
        while (true)
        {
            if (read == bytes.Length)
            {
                // Full: either this is all, or there is more, for which there must be room.
                if (read == length) return BodyRead.Of(bytes);
                var one = new byte[1];
                if (await stream.ReadAsync(one, ct) == 0) return BodyRead.Of(bytes);
                if (read == limit) return BodyRead.Refused(WebhookFailure.TooLarge);
                var larger = (int)Math.Min(Math.Max(bytes.Length * 2L, FirstBytes), limit);
                if (!memory.TryTake(larger - bytes.Length)) return BodyRead.Refused(WebhookFailure.Busy);
                Array.Resize(ref bytes, larger);
                bytes[read++] = one[0];
                continue;
            }

            var got = await stream.ReadAsync(bytes.AsMemory(read), ct);
            if (got == 0) return BodyRead.Of(bytes[..read]);
            read += got;
        }
    }
}
