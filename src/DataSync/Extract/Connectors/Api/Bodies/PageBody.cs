using System.IO.Compression;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>The records of one page.</summary>
internal abstract class PageBody : IDisposable
{
    /// <summary><c>json</c>, <c>jsonl</c> or <c>csv</c>.</summary>
    public abstract string Format { get; }

    /// <summary>True where nothing stands around the records.</summary>
    public bool IsLines => Format is "jsonl" or "csv";

    /// <summary>The whole body as JSON; undefined where it streams.</summary>
    public virtual JsonElement Root => default;

    /// <summary>The whole body's bytes; empty where it streams.</summary>
    public virtual ReadOnlyMemory<byte> Bytes => default;

    /// <summary>Elements that the API listed on the page, whatever was picked of them; null where each is a record.</summary>
    public virtual long? Listed => null;

    /// <summary>Records of the page; null while that is not known.</summary>
    public abstract long? Records { get; }

    /// <summary>Writes the next record; false where there is none.</summary>
    public abstract ValueTask<bool> TryWriteAsync(BatchBuilder to, CancellationToken ct);

    public abstract void Dispose();

    /// <summary>Opens a body: unpacked, in UTF-8, in the format the source names or the answer tells.</summary>
    public static async Task<PageBody> OpenAsync(PacedStream stream, HttpResponseMessage response, Uri url, ApiExtraction extraction, ApiOptions options, TimeProvider time, CancellationToken ct)
    {
        var type = response.Content.Headers.ContentType;
        Stream plain = stream;
        if ((await stream.PeekAsync(2, ct)).Span.SequenceEqual(Gzip)) plain = new GZipStream(plain, CompressionMode.Decompress);
        if (Encoding(type?.CharSet, url) is { } encoding) plain = System.Text.Encoding.CreateTranscodingStream(plain, encoding, System.Text.Encoding.UTF8);
        if (!ReferenceEquals(plain, stream)) plain = new PacedStream(plain, url, options.StallTimeout, time);
        var format = extraction.Format == "auto" ? FormatOf(type?.MediaType) : extraction.Format;
        if (format == "jsonl") return new JsonlBody(plain);
        if (format == "csv") return new CsvBody(plain, extraction.CsvDelimiter, url);
        await using (plain) return JsonBody.Parse(await PooledBody.ReadAsync(plain, options.MaxPageBytes, url, ct), extraction, url);
    }

    /// <summary>A page without records.</summary>
    public static PageBody None() => new NoBody();

    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private static string FormatOf(string? mediaType) => mediaType?.ToLowerInvariant() switch
    {
        "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonl" or "application/jsonlines" or "application/x-jsonlines" => "jsonl",
        "text/csv" or "application/csv" => "csv",
        _ => "json",
    };

    /// <summary>Null for UTF-8, which is read as it is.</summary>
    private static Encoding? Encoding(string? charset, Uri url)
    {
        var name = charset?.Trim('"', ' ').ToLowerInvariant();
        if (name is null or "" or "utf-8" or "utf8" or "us-ascii" or "ascii") return null;
        try
        {
            return System.Text.Encoding.GetEncoding(name);
        }
        catch (ArgumentException e)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.api.charset", ("host", url.IdnHost), ("charset", name.Length > 40 ? name[..40] : name)), e);
        }
    }

    private sealed class NoBody : PageBody
    {
        public override string Format => "none";

        public override long? Records => 0;

        public override ValueTask<bool> TryWriteAsync(BatchBuilder to, CancellationToken ct) => ValueTask.FromResult(false);

        public override void Dispose()
        {
        }
    }
}
