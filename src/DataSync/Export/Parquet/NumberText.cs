using System.Buffers.Text;
using System.Globalization;

namespace DataSync.Export.Parquet;

/// <summary>What types hold a JSON number without loss, by its literal.</summary>
internal static class NumberText
{
    /// <summary>A double keeps this many digits, whatever they are.</summary>
    private const int DigitsOfDouble = 15;

    private const int LongestDouble = 40;

    /// <summary>Whether the number is digits and a point, and how many stand before and behind it. A negative zero is none: its sign would be lost.</summary>
    public static bool TryFixedPoint(ReadOnlySpan<byte> literal, out int integerDigits, out int scale)
    {
        var negative = literal[0] == (byte)'-';
        var digits = negative ? literal[1..] : literal;
        var point = digits.IndexOf((byte)'.');
        (integerDigits, scale) = (point < 0 ? digits.Length : point, point < 0 ? 0 : digits.Length - point - 1);
        if (integerDigits == 1 && digits[0] == (byte)'0') integerDigits = 0;
        return digits.IndexOfAny((byte)'e', (byte)'E') < 0 && !(negative && digits.IndexOfAnyExcept((byte)'0', (byte)'.') < 0);
    }

    /// <summary>Whether the nearest double, written with as few digits as tell it from all others, is this number, with no digit that only its spelling has (as in <c>1.50</c>).</summary>
    public static bool IsDouble(ReadOnlySpan<byte> literal)
    {
        if (literal.Length > LongestDouble) return false;

        // most numbers, without a look at their digits
        if (literal.Length <= DigitsOfDouble && literal.IndexOfAny((byte)'e', (byte)'E') < 0) return !IsPadded(literal);
        Span<byte> digits = stackalloc byte[LongestDouble];
        if (!TryNormalize(literal, digits, out var length, out var exponent, out var negative, out var isPadded) || isPadded) return false;
        if (length <= DigitsOfDouble && exponent is > -280 and < 280) return true;
        if (!Utf8Parser.TryParse(literal, out double value, out var used) || used != literal.Length || !double.IsFinite(value)) return false;
        Span<byte> written = stackalloc byte[LongestDouble];
        Span<byte> again = stackalloc byte[LongestDouble];
        return value.TryFormat(written, out var count, "R", CultureInfo.InvariantCulture)
            && TryNormalize(written[..count], again, out var sameLength, out var sameExponent, out var sameSign, out _)
            && negative == sameSign && exponent == sameExponent && digits[..length].SequenceEqual(again[..sameLength]);
    }

    /// <summary>The nearest double, where the number is spelled just as that is written: its spelling follows from its value.</summary>
    public static bool TryDouble(ReadOnlySpan<byte> literal, out double value)
    {
        Span<byte> written = stackalloc byte[LongestDouble];
        return Utf8Parser.TryParse(literal, out value, out var used) && used == literal.Length && double.IsFinite(value)
            && value.TryFormat(written, out var count, "R", CultureInfo.InvariantCulture) && literal.SequenceEqual(written[..count]);
    }

    /// <summary>Whether digits behind a point end in a zero that is not the only one of them.</summary>
    private static bool IsPadded(ReadOnlySpan<byte> mantissa) => mantissa[^1] == (byte)'0' && mantissa.IndexOf((byte)'.') is var point and >= 0 && point < mantissa.Length - 2;

    /// <summary>The number as digits without zeros around them, times a power of ten.</summary>
    private static bool TryNormalize(ReadOnlySpan<byte> literal, Span<byte> digits, out int length, out int exponent, out bool negative, out bool isPadded)
    {
        (length, exponent, isPadded) = (0, 0, false);
        negative = literal[0] == (byte)'-';
        var mantissa = negative ? literal[1..] : literal;
        var e = mantissa.IndexOfAny((byte)'e', (byte)'E');
        if (e >= 0)
        {
            var power = mantissa[(e + 1)..];
            if (power[0] == (byte)'+') power = power[1..];
            if (!Utf8Parser.TryParse(power, out exponent, out var used) || used != power.Length || exponent is < -100_000 or > 100_000) return false;
            mantissa = mantissa[..e];
        }

        var point = mantissa.IndexOf((byte)'.');
        if (point >= 0)
        {
            isPadded = IsPadded(mantissa);
            exponent -= mantissa.Length - point - 1;
        }

        foreach (var digit in mantissa)
        {
            if (digit != (byte)'.' && (length > 0 || digit != (byte)'0')) digits[length++] = digit;
        }

        for (; length > 0 && digits[length - 1] == (byte)'0'; exponent++) length--;
        if (length == 0) exponent = 0;
        return true;
    }
}
