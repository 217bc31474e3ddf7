using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>A number as it is written, to its last digit: no double stands between two ids that differ there. Reading one allocates nothing and costs what its text is long.</summary>
internal readonly ref struct JsonNumber
{
    /// <summary>Exponents are taken as far as this; beyond it numbers are told apart by their sign and digits alone.</summary>
    private const long LargestExponent = 1_000_000_000_000_000;

    private const int Chunk = 18;
    private readonly ReadOnlySpan<byte> _mantissa;
    private readonly int _point, _first, _last, _sign;
    private readonly long _top;

    public JsonNumber(JsonElement number) : this(JsonMarshal.GetRawUtf8Value(number)) { }

    public JsonNumber(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == '-';
        var mark = text.IndexOfAny((byte)'e', (byte)'E');
        _mantissa = text[(negative ? 1 : 0)..(mark < 0 ? text.Length : mark)];
        _point = _mantissa.IndexOf((byte)'.') is >= 0 and var point ? point : _mantissa.Length;
        (_first, _last) = (_mantissa.IndexOfAnyInRange((byte)'1', (byte)'9'), _mantissa.LastIndexOfAnyInRange((byte)'1', (byte)'9'));
        if (_first < 0) return;
        _sign = negative ? -1 : 1;
        _top = _point - Place(_first) - 1 + (mark < 0 ? 0 : ExponentOf(text[(mark + 1)..]));
    }

    /// <summary>Whether it is whole by its value, as 1.0 and 1e2 are.</summary>
    public bool IsWhole => _sign == 0 || Low >= 0;

    /// <summary>The power of ten of the last digit that is not 0.</summary>
    private long Low => _top - (Place(_last) - Place(_first));

    private int Count => Place(_last) - Place(_first) + 1;

    /// <summary>Orders two numbers by their value: below 0 where the first is less.</summary>
    public static int Compare(JsonNumber a, JsonNumber b)
    {
        if (a._sign != b._sign) return a._sign.CompareTo(b._sign);
        if (a._sign == 0) return 0;
        if (a._top != b._top) return a._top > b._top ? a._sign : -a._sign;
        var (ofA, ofB) = (a.Count, b.Count);
        for (var i = 0; i < Math.Min(ofA, ofB); i++)
        {
            var difference = a.Digit(i) - b.Digit(i);
            if (difference != 0) return difference > 0 ? a._sign : -a._sign;
        }

        return ofA == ofB ? 0 : ofA > ofB ? a._sign : -a._sign;
    }

    /// <summary>Whether it is a whole number of times another, which is not 0.</summary>
    public bool IsMultipleOf(JsonNumber unit)
    {
        if (_sign == 0) return true;
        var shift = Low - unit.Low;
        if (shift < 0) return false; // neither ends in 0 here: no whole number of units has a digit below the unit's last
        var divisor = unit.Remainder(null);
        return (Remainder(divisor) * BigInteger.ModPow(10, shift, divisor) % divisor).IsZero;
    }

    /// <summary>The same for numbers of one value: what a hash table goes by.</summary>
    public void AddTo(ref HashCode hash)
    {
        hash.Add(_sign);
        if (_sign == 0) return;
        hash.Add(_top);
        for (var i = 0; i < Count; i++) hash.Add((byte)Digit(i));
    }

    /// <summary>The digits as a whole number, modulo another where one is given: piece by piece, so that a long number costs no more than its length.</summary>
    private BigInteger Remainder(BigInteger? divisor)
    {
        var (rest, piece, scale) = (BigInteger.Zero, 0L, 1L);
        for (var i = 0; i < Count; i++)
        {
            (piece, scale) = ((piece * 10) + Digit(i), scale * 10);
            if ((i + 1) % Chunk != 0 && i + 1 != Count) continue;
            rest = (rest * scale) + piece;
            if (divisor is { } by) rest %= by;
            (piece, scale) = (0, 1);
        }

        return rest;
    }

    /// <summary>The digit so far behind the first that is not 0.</summary>
    private int Digit(int index)
    {
        var place = Place(_first) + index;
        return _mantissa[place < _point ? place : place + 1] - '0';
    }

    /// <summary>Counts digits and leaves the point out.</summary>
    private int Place(int at) => at < _point ? at : at - 1;

    private static long ExponentOf(ReadOnlySpan<byte> text)
    {
        var (exponent, negative) = (0L, text[0] == '-');
        foreach (var digit in text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..]) exponent = Math.Min(LargestExponent, (exponent * 10) + (digit - '0'));
        return negative ? -exponent : exponent;
    }
}
