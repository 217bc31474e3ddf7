using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace DataSync.Refine.Rules.Records;

/// <summary>
/// The inside of a JSON string read as JavaScript sees it: as UTF-16 units, without making a string. Lone surrogates, which
/// <c>\ud800</c> can express and .NET's own readers refuse, pass.
/// </summary>
internal ref struct JsonText(ReadOnlySpan<byte> inside)
{
    private readonly ReadOnlySpan<byte> _bytes = inside;
    private int _at;
    private char _pending;

    public char Current { get; private set; }

    /// <summary>The bytes between the quotes of a JSON string.</summary>
    public static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> quoted) => quoted[1..^1];

    /// <summary>The text of the inside of a JSON string.</summary>
    public static string Unescape(ReadOnlySpan<byte> inside)
    {
        if (!inside.Contains((byte)'\\')) return Encoding.UTF8.GetString(inside);
        var units = ArrayPool<char>.Shared.Rent(inside.Length);
        var reader = new JsonText(inside);
        var count = 0;
        while (reader.MoveNext()) units[count++] = reader.Current;
        var text = new string(units, 0, count);
        ArrayPool<char>.Shared.Return(units);
        return text;
    }

    /// <summary>True where both say the same, whatever is escaped.</summary>
    public static bool Equals(ReadOnlySpan<byte> inside, ReadOnlySpan<char> text)
    {
        // A unit takes one byte or more, escaped or not.
        if (inside.Length < text.Length) return false;
        if (inside.Length == text.Length && Ascii.Equals(inside, text)) return !inside.Contains((byte)'\\') || SlowEquals(inside, text);
        return SlowEquals(inside, text);
    }

    private static bool SlowEquals(ReadOnlySpan<byte> inside, ReadOnlySpan<char> text)
    {
        var reader = new JsonText(inside);
        foreach (var unit in text)
        {
            if (!reader.MoveNext() || reader.Current != unit) return false;
        }

        return !reader.MoveNext();
    }

    /// <summary>Order by UTF-16 units, as JavaScript compares.</summary>
    public static int Compare(JsonText a, JsonText b)
    {
        while (true)
        {
            var (hasA, hasB) = (a.MoveNext(), b.MoveNext());
            if (!hasA || !hasB) return hasA.CompareTo(hasB);
            if (a.Current != b.Current) return a.Current.CompareTo(b.Current);
        }
    }

    /// <inheritdoc cref="Compare(JsonText, JsonText)"/>
    public static int Compare(JsonText a, ReadOnlySpan<char> b)
    {
        foreach (var unit in b)
        {
            if (!a.MoveNext()) return -1;
            if (a.Current != unit) return a.Current.CompareTo(unit);
        }

        return a.MoveNext() ? 1 : 0;
    }

    public bool MoveNext()
    {
        if (_pending != 0)
        {
            (Current, _pending) = (_pending, '\0');
            return true;
        }

        if (_at >= _bytes.Length) return false;
        var first = _bytes[_at];
        if (first == '\\') return Escape();
        if (first < 0x80)
        {
            Current = (char)first;
            _at++;
            return true;
        }

        Rune.DecodeFromUtf8(_bytes[_at..], out var rune, out var length);
        _at += length;
        Span<char> units = stackalloc char[2];
        if (rune.EncodeToUtf16(units) == 2) _pending = units[1];
        Current = units[0];
        return true;
    }

    private bool Escape()
    {
        var letter = _bytes[_at + 1];
        if (letter == 'u')
        {
            var parsed = Utf8Parser.TryParse(_bytes.Slice(_at + 2, 4), out ushort unit, out _, 'x');
            Debug.Assert(parsed, "the text was checked when the record was indexed");
            Current = (char)unit;
            _at += 6;
            return true;
        }

        Current = letter switch
        {
            (byte)'n' => '\n',
            (byte)'t' => '\t',
            (byte)'r' => '\r',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            _ => (char)letter,
        };
        _at += 2;
        return true;
    }
}
