using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Incremental;

/// <summary>A value of a column that grows, as a record shows it: a number, a time, or text in the order of its code units.</summary>
internal readonly record struct CursorValue : IComparable<CursorValue>
{
    private const int MostShown = 255;
    private static readonly SearchValues<char> OffsetSigns = SearchValues.Create("Zz+-UG");
    private static readonly string[] Times =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd",
    ];

    private readonly decimal _number;
    private readonly string _text;

    /// <summary>The text is a JSON number's, of more digits than <see cref="_number"/> holds: what is compared is rounded, what is asked for is not.</summary>
    private readonly bool _isRounded;

    private CursorValue(CursorKind kind, decimal number, string text, bool isRounded = false) => (Kind, _number, _text, _isRounded) = (kind, number, text, isRounded);

    public CursorKind Kind { get; }

    /// <summary>True for a moment, a time without an offset and a date.</summary>
    public bool IsTime => Kind is CursorKind.Time or CursorKind.LocalTime or CursorKind.Date;

    /// <summary>A number or a time, without the text it came as.</summary>
    public static CursorValue Of(CursorKind kind, decimal number) => new(kind, number, "");

    /// <summary>Text in the order of its code units.</summary>
    public static CursorValue Of(string text) => new(CursorKind.Text, 0, text);

    /// <summary>The value with the text it came as.</summary>
    public CursorValue As(string text) => new(Kind, _number, text);

    /// <summary>Reads a JSON string or number.</summary>
    public static CursorValue Parse(ReadOnlySpan<byte> json)
    {
        if (json[0] != '"')
        {
            if (CursorNumber.TryRead(json, isPlain: false, out var number)) return new CursorValue(CursorKind.Number, number, "");
            return decimal.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
                ? new CursorValue(CursorKind.Number, number, Encoding.UTF8.GetString(json), isRounded: true)
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

    /// <summary>The value so much below; seconds below a time. Not of <see cref="CursorKind.Text"/>.</summary>
    public CursorValue Minus(decimal lag) => Kind switch
    {
        CursorKind.Number => new CursorValue(Kind, _number - lag, string.IsNullOrEmpty(_text) || _isRounded ? "" : Digits(_number - lag, _text)),
        CursorKind.Text => throw new InvalidOperationException("Text has no distance."),
        _ => Earlier(lag),
    };

    /// <summary>The value as JSON, a time or a number's text in the form it was read in.</summary>
    public JsonElement ToJson() => Kind == CursorKind.Number && (_isRounded || string.IsNullOrEmpty(_text))
        ? JsonElement.Parse(_isRounded ? _text : _number.ToString(CultureInfo.InvariantCulture))
        : JsonSerializer.SerializeToElement(_text ?? "");

    /// <summary>For people: shortened, never within a character, and with a sign (U+2400) in place of each U+0000, which no text of a database holds.</summary>
    public override string ToString()
    {
        var text = Kind == CursorKind.Number && !_isRounded ? _number.ToString(CultureInfo.InvariantCulture) : _text ?? "";
        if (text.Length > MostShown) text = text[..(char.IsHighSurrogate(text[MostShown - 1]) ? MostShown - 1 : MostShown)];
        return text.Replace('\0', '\u2400');
    }

    public int CompareTo(CursorValue other) => (Kind == other.Kind && Kind != CursorKind.Text) || (IsTime && other.IsTime)
        ? _number.CompareTo(other._number)
        : string.CompareOrdinal(_text ?? "", other._text ?? "");

    public static bool operator <(CursorValue left, CursorValue right) => left.CompareTo(right) < 0;

    public static bool operator >(CursorValue left, CursorValue right) => left.CompareTo(right) > 0;

    public static bool operator <=(CursorValue left, CursorValue right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CursorValue left, CursorValue right) => left.CompareTo(right) >= 0;

    /// <summary>With as many digits before the point as the text has, where that is filled up with zeros.</summary>
    private static string Digits(decimal number, string like)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        return like is ['0', not '.', ..] && number >= 0 ? text.PadLeft(Whole(like) + text.Length - Whole(text), '0') : text;

        static int Whole(string digits) => digits.IndexOf('.', StringComparison.Ordinal) is var point and >= 0 ? point : digits.Length;
    }

    /// <summary>What the form cannot show is left out of the value too, so that it means what its text says.</summary>
    private CursorValue Earlier(decimal seconds)
    {
        var isRfc = _text[4] != '-';
        var unit = isRfc ? TimeSpan.TicksPerSecond : _text.Length == 10 ? TimeSpan.TicksPerDay : 1;
        var ticks = Math.Max(0, _number - Math.Ceiling(seconds * TimeSpan.TicksPerSecond));
        ticks -= ticks % unit;
        var time = new DateTimeOffset((long)ticks, TimeSpan.Zero);
        var form = isRfc ? "r" : _text.Length == 10 ? "yyyy-MM-dd" : _text[10] == ' ' ? "yyyy-MM-dd HH:mm:ss.FFFFFFF" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";
        var text = time.ToString(form, CultureInfo.InvariantCulture);

        // with an offset the value says which moment it is, so the earlier one must say so too
        return new CursorValue(Kind, ticks, !isRfc && _text.Length > 10 && _text.AsSpan(11).ContainsAny(OffsetSigns) ? text + "Z" : text);
    }
}

/// <summary>What values of a cursor column are.</summary>
internal enum CursorKind
{
    /// <summary>Compared as it stands, where that means anything.</summary>
    Text,

    /// <summary>A number, compared to 28 digits.</summary>
    Number,

    /// <summary>A moment; of a database any time.</summary>
    Time,

    /// <summary>A time of nobody knows which zone.</summary>
    LocalTime,

    /// <summary>A date.</summary>
    Date,
}
