using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A page that is one JSON document. Each record is the very bytes it came as, so no number loses a digit.</summary>
internal sealed class JsonBody : PageBody
{
    private readonly PooledBody _body;
    private readonly JsonDocument _document;
    private readonly bool _isText;

    // looked for when asked for: an answer that reports a failure has none, and is recognised by the source's rules first
    private readonly Lazy<IEnumerable<JsonElement>> _found;
    private IEnumerator<JsonElement>? _records;
    private long? _count;

    private JsonBody(PooledBody body, JsonDocument document, ApiExtraction extraction)
    {
        (_body, _document) = (body, document);
        _isText = Utf8.IsValid(body.Memory.Span);
        _found = new Lazy<IEnumerable<JsonElement>>(() => Find(document.RootElement, extraction));
    }

    public override string Format => "json";

    public override JsonElement Root => _document.RootElement;

    public override ReadOnlyMemory<byte> Bytes => _body.Memory;

    public override long? Records => _count ??= _found.Value.LongCount();

    /// <summary>Takes the body over.</summary>
    public static JsonBody Parse(PooledBody body, ApiExtraction extraction, Uri url)
    {
        JsonDocument? document = null;
        try
        {
            var bytes = body.Memory;
            if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            return new JsonBody(body, document, extraction);
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
        _records ??= _found.Value.GetEnumerator();
        if (!_records.MoveNext()) return ValueTask.FromResult(false);
        var bytes = JsonMarshal.GetRawUtf8Value(_records.Current);
        if (_isText || Utf8.IsValid(bytes))
        {
            to.Buffer.Add(bytes);
            return ValueTask.FromResult(true);
        }

        InvalidText.Write(bytes, to.Buffer);
        to.Buffer.EndRecord();
        to.RejectLast(InvalidText.Rejection("*"));
        return ValueTask.FromResult(true);
    }

    public override void Dispose()
    {
        _records?.Dispose();
        _document.Dispose();
        _body.Dispose();
    }

    /// <summary>A list's elements, or an object as the only record. Null is a list without elements.</summary>
    private static IEnumerable<JsonElement> Find(JsonElement root, ApiExtraction extraction)
    {
        var path = extraction.RecordsPath;
        var at = path is null ? root : path.Base(root);
        return at.ValueKind switch
        {
            JsonValueKind.Null => [],
            JsonValueKind.Undefined when extraction.EmptyIfMissing => [],
            JsonValueKind.Array or JsonValueKind.Object when path is { IsProjection: true } => path.Select(root),
            JsonValueKind.Array => at.EnumerateArray(),
            JsonValueKind.Object => [at],
            _ => throw new SyncFailureException(SyncFailure.Permanent("errors.api.records_path", ("path", path?.Text ?? "@"), ("found", Kind(at)))),
        };
    }

    private static string Kind(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "boolean",
    };
}
