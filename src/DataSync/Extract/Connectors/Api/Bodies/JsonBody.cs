using System.Text.Json;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Json;
using DataSync.Extract.Json.Jmes;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A page that is one JSON document. Each record is the very bytes it came as, so no number loses a digit.</summary>
internal sealed class JsonBody : PageBody
{
    private static readonly JmesPath Whole = JmesPath.Parse("@");
    private readonly PooledBody _body;
    private readonly JsonDocument _document;
    private readonly JmesPath? _path;
    private readonly Uri _url;
    private readonly bool _isText;

    // looked for when asked for: an answer that reports a failure has none, and is recognised by the source's rules first
    private readonly Lazy<IEnumerable<JmesValue>> _found;
    private IEnumerator<JmesValue>? _records;
    private long? _count;

    private JsonBody(PooledBody body, JsonDocument document, ApiExtraction extraction, Uri url)
    {
        (_body, _document, _path, _url) = (body, document, extraction.RecordsPath, url);
        _isText = Utf8.IsValid(body.Memory.Span);
        _found = new Lazy<IEnumerable<JmesValue>>(() => Find(document.RootElement, extraction));
    }

    public override string Format => "json";

    public override JsonElement Root => _document.RootElement;

    public override ReadOnlyMemory<byte> Bytes => _body.Memory;

    public override long? Listed => _path is null ? null : InText(_path, static (path, root) => path.Listed(root));

    public override long? Records => _count ??= InText(_found, static (found, _) => found.Value.LongCount());

    /// <summary>Takes the body over.</summary>
    public static JsonBody Parse(PooledBody body, ApiExtraction extraction, Uri url)
    {
        JsonDocument? document = null;
        try
        {
            var bytes = body.Memory;
            if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            return new JsonBody(body, document, extraction, url);
        }
        catch (Exception e)
        {
            document?.Dispose();
            body.Dispose();
            if (e is JsonException) throw ApiErrors.Body(url, "json", e);
            throw;
        }
    }

    public override ValueTask<bool> TryWriteAsync(BatchBuilder to, CancellationToken ct)
    {
        _records ??= InText(_found, static (found, _) => found.Value.GetEnumerator());
        if (!InText(_records, static (records, _) => records.MoveNext())) return ValueTask.FromResult(false);
        FoundRecord.Write(_records.Current, _isText, to);
        return ValueTask.FromResult(true);
    }

    public override void Dispose()
    {
        _records?.Dispose();
        _document.Dispose();
        _body.Dispose();
    }

    /// <summary>A name that is no Unicode shows only where it is looked at.</summary>
    private T InText<TFrom, T>(TFrom from, Func<TFrom, JsonElement, T> look)
    {
        try
        {
            return look(from, _document.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw ApiErrors.Body(_url, "json", e);
        }
    }

    private static IEnumerable<JmesValue> Find(JsonElement root, ApiExtraction extraction)
    {
        if ((extraction.RecordsPath ?? Whole).Records(root, out var found) is { } records) return records;
        if (found == JsonValueKind.Undefined && extraction.EmptyIfMissing) return [];
        throw new SyncFailureException(SyncFailure.Permanent("errors.api.records_path", ("path", extraction.RecordsPath?.Text ?? "@"), ("found", Kind(found))));
    }

    private static string Kind(JsonValueKind found) => found switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "boolean",
    };
}
