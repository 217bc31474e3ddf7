using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Incremental;

/// <summary>A value of a column that grows, as a record shows it: a number, a time, or text in the order of its code units.</summary>
internal readonly record struct CursorValue : IComparable<CursorValue>
{
    private const int TextIsHeld = 256;
    private static readonly string[] Times =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd",
    ];

    private readonly decimal _number;
    private readonly string _text;

    private CursorValue(CursorKind kind, decimal number, string text) => (Kind, _number, _text) = (kind, number, text);

    public CursorKind Kind { get; }

    /// <summary>Reads a JSON string or number.</summary>
    public static CursorValue Parse(ReadOnlySpan<byte> json)
    {
        if (json[0] != '"')
        {
            return decimal.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? new CursorValue(CursorKind.Number, number, "")
                : new CursorValue(CursorKind.Text, 0, Encoding.UTF8.GetString(json));
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        var text = reader.GetString()!;
        return text.Length is >= 10 and <= 40 && text[4] == '-' && DateTimeOffset.TryParseExact(
                text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new CursorValue(CursorKind.Time, time.UtcTicks, text)
            : new CursorValue(CursorKind.Text, 0, text);
    }

    /// <summary>The value so much below; seconds below a time. Only of <see cref="CursorKind.Number"/> and <see cref="CursorKind.Time"/>.</summary>
    public CursorValue Minus(decimal lag) => Kind switch
    {
        CursorKind.Number => new CursorValue(Kind, _number - lag, ""),
        CursorKind.Time => Earlier(lag),
        _ => throw new InvalidOperationException("Text has no distance."),
    };

    /// <summary>The value as JSON, a time in the form it was read in.</summary>
    public JsonElement ToJson() => Kind == CursorKind.Number
        ? JsonElement.Parse(_number.ToString(CultureInfo.InvariantCulture))
        : JsonSerializer.SerializeToElement(_text);

    /// <summary>For people, shortened.</summary>
    public override string ToString()
    {
        var text = Kind == CursorKind.Number ? _number.ToString(CultureInfo.InvariantCulture) : _text;
        return text.Length <= TextIsHeld - 1 ? text : text[..(TextIsHeld - 1)];
    }

    public int CompareTo(CursorValue other) => Kind == other.Kind && Kind != CursorKind.Text
        ? _number.CompareTo(other._number)
        : string.CompareOrdinal(_text ?? "", other._text ?? "");

    public static bool operator <(CursorValue left, CursorValue right) => left.CompareTo(right) < 0;

    public static bool operator >(CursorValue left, CursorValue right) => left.CompareTo(right) > 0;

    public static bool operator <=(CursorValue left, CursorValue right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CursorValue left, CursorValue right) => left.CompareTo(right) >= 0;

    private CursorValue Earlier(decimal seconds)
    {
        var ticks = Math.Max(0, _number - Math.Ceiling(seconds * TimeSpan.TicksPerSecond));
        var time = new DateTimeOffset((long)ticks, TimeSpan.Zero);
        var form = _text.Length == 10 ? "yyyy-MM-dd" : _text[10] == ' ' ? "yyyy-MM-dd HH:mm:ss.FFFFFFF" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";
        var text = time.ToString(form, CultureInfo.InvariantCulture);

        // with an offset the value says which moment it is, so the earlier one must say so too
        return new CursorValue(Kind, ticks, _text.Length > 10 && (_text[^1] == 'Z' || _text.AsSpan(11).IndexOfAny('+', '-') >= 0) ? text + "Z" : text);
    }
}

/// <summary>What values of a cursor column are.</summary>
internal enum CursorKind
{
    /// <summary>Compared as it stands.</summary>
    Text,

    /// <summary>A number, to 28 digits.</summary>
    Number,

    /// <summary>A date or a moment, to 100 ns.</summary>
    Time,
}
