using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Incremental;

/// <summary>
/// Which values of a cursor can be compared, and how. A database orders its column itself. Of what an API lists nothing is known but the values: they are numbers or times where they look like it,
/// in text too, and two that are not of one kind have no order, so that none of them may be taken for the older one.
/// </summary>
internal sealed class CursorScale
{
    /// <summary>What a source can say of its cursor's order.</summary>
    public static readonly IReadOnlyList<string> Orders = ["auto", "number", "time", "text"];

    private const int LongestWord = 64;

    private readonly bool _ofSource;
    private readonly string _order;

    private CursorScale(bool ofSource, string order) => (_ofSource, _order) = (ofSource, order);

    /// <summary>The scale of a column.</summary>
    /// <param name="isOrdered">Records come in the order of their source.</param>
    /// <param name="order">What the source says (<see cref="Orders"/>) where they do not; null for nothing.</param>
    public static CursorScale Of(bool isOrdered, string? order = null) => new(isOrdered, order ?? "auto");

    /// <summary>Reads a JSON string or number so that it can be compared and shown.</summary>
    public CursorValue Parse(ReadOnlySpan<byte> json)
        => Measure(json) is var value && (_ofSource || json[0] != '"') ? value : value.As(TextOf(json));

    /// <summary>Reads a value as a state or a window has it; null where there is none.</summary>
    public CursorValue? Parse(JsonElement? json) => json is { } given ? Parse(Encoding.UTF8.GetBytes(given.GetRawText())) : null;

    /// <summary>Reads a JSON string or number so that it can be compared; without its text where that says nothing.</summary>
    public CursorValue Measure(ReadOnlySpan<byte> json)
    {
        if (_ofSource) return CursorValue.Parse(json);
        if (_order == "text") return CursorValue.Of(TextOf(json));
        var isText = json[0] == '"';
        Span<byte> unescaped = stackalloc byte[LongestWord];
        var word = isText ? Word(json, unescaped) : json;
        if (_order != "time" && CursorNumber.TryRead(word, isPlain: isText, out var number)) return CursorValue.Of(CursorKind.Number, number);
        if (_order != "number" && isText && CursorTime.TryRead(word, out var kind, out var ticks)) return CursorValue.Of(_order == "time" ? CursorKind.Time : kind, ticks);
        return default;
    }

    /// <summary>False for a value that is neither less nor greater than any other.</summary>
    public bool Places(CursorValue value) => _ofSource || value.Kind != CursorKind.Text || _order == "text";

    /// <summary>True where it is known which of two values is the greater.</summary>
    public bool Compares(CursorValue a, CursorValue b) => _ofSource || (a.Kind == b.Kind && Places(a));

    /// <summary>The same, for bounds that somebody set by hand: a date or a time without an offset is taken for UTC.</summary>
    public bool ComparesBound(CursorValue value, CursorValue bound) => Compares(value, bound) || (value.IsTime && bound.IsTime);

    /// <summary>What is no Unicode is compared as it was written.</summary>
    private static string TextOf(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonElement.Parse(json).ToString();
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(json);
        }
    }

    /// <summary>A string's bytes without escapes; empty where it is too long for a number or a time.</summary>
    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> json, Span<byte> unescaped)
    {
        var raw = json[1..^1];
        if (!raw.Contains((byte)'\\')) return raw.Length <= LongestWord ? raw : default;
        if (raw.Length > 6 * LongestWord) return default;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Span<byte> whole = stackalloc byte[6 * LongestWord];
        var length = CopyOf(ref reader, whole);
        if (length is < 0 or > LongestWord) return default;
        whole[..length].CopyTo(unescaped);
        return unescaped[..length];
    }

    /// <summary>Half of a surrogate pair is no text.</summary>
    private static int CopyOf(ref Utf8JsonReader reader, scoped Span<byte> to)
    {
        try
        {
            return reader.CopyString(to);
        }
        catch (InvalidOperationException)
        {
            return -1;
        }
    }
}
