using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Http.Json;

/// <summary>
/// The pass over a body before anything is made of it. Finds what later steps would not: duplicate members (which two readers would resolve differently)
/// and lone surrogates (which no text can hold) are named with their pointers; bytes that are no UTF-8 or no JSON, and nesting beyond reason, are a failure.
/// </summary>
internal ref struct JsonScan
{
    public const int MaxDepth = 64;

    private readonly RequestFaults _faults;
    private readonly List<Frame> _frames = [];

    private JsonScan(RequestFaults faults) => _faults = faults;

    public static SyncFailure? Check(ReadOnlySpan<byte> body, RequestFaults faults)
    {
        if (body.IsEmpty) return SyncFailure.Permanent("errors.request.empty");
        if (!Utf8.IsValid(body) || body.StartsWith("\uFEFF"u8)) return SyncFailure.Permanent("errors.request.not_utf8");
        try
        {
            return new JsonScan(faults).Run(body);
        }
        catch (JsonException e)
        {
            return SyncFailure.Permanent("errors.request.not_json", ("line", (e.LineNumber ?? 0) + 1), ("position", (e.BytePositionInLine ?? 0) + 1));
        }
    }

    private readonly SyncFailure? Run(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    Name(ref reader);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (_frames.Count == MaxDepth) return SyncFailure.Permanent("errors.request.too_deep", ("max", MaxDepth));
                    Next();
                    _frames.Add(new Frame(reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null));
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _frames.RemoveAt(_frames.Count - 1);
                    break;
                default:
                    Next();
                    if (reader.TokenType == JsonTokenType.String && IsTorn(ref reader)) _faults.Add(new Fault(Pointer(), "faults.surrogate"));
                    break;
            }
        }

        return null;
    }

    private readonly void Name(ref Utf8JsonReader reader)
    {
        var frame = _frames[^1];
        if (IsTorn(ref reader))
        {
            frame.Member = "…";
            _faults.Add(new Fault(Pointer(), "faults.surrogate"));
            return;
        }

        frame.Member = reader.GetString()!;
        if (!frame.Names!.Add(frame.Member)) _faults.Add(new Fault(Pointer(), "faults.duplicate"));
    }

    /// <summary>A value begins: in an array it has the next index.</summary>
    private readonly void Next()
    {
        if (_frames is [.., { Names: null } array]) array.Index++;
    }

    private readonly string Pointer()
    {
        var pointer = new StringBuilder();
        foreach (var frame in _frames)
            pointer.Append(frame.Names is null ? "/" + frame.Index.ToString(CultureInfo.InvariantCulture) : JsonPointer.Segment(frame.Member));
        return pointer.ToString();
    }

    private static bool IsTorn(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped || reader.ValueSpan.IndexOf("\\u"u8) < 0) return false;
        try
        {
            _ = reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private sealed class Frame(HashSet<string>? names)
    {
        public HashSet<string>? Names { get; } = names;

        public string Member { get; set; } = "";

        public int Index { get; set; } = -1;
    }
}
