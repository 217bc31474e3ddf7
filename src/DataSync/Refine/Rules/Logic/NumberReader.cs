using System.Globalization;

namespace DataSync.Refine.Rules.Logic;

/// <summary>Reads decimal digits as JSON and JavaScript write them, exactly where the value fits a decimal.</summary>
internal static class NumberReader
{
    private const int FastDigits = 18;
    private const int ExactDigits = 28;
    private const int HugeExponent = 100_000;

    /// <summary>Reads the longest number at the beginning of the text; nothing is consumed where none begins there.</summary>
    public static Number Read(ReadOnlySpan<byte> text, out int consumed)
    {
        var at = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+') negative = text[at++] == '-';
        ulong mantissa = 0;
        int significant = 0, digits = 0, fraction = 0, trailingZeros = 0;
        var inFraction = false;
        for (; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit > 9)
            {
                if (text[at] != '.' || inFraction) break;
                inFraction = true;
                continue;
            }

            digits++;
            if (inFraction) fraction++;
            if (digit == 0 && significant == 0) continue;
            trailingZeros = digit == 0 ? trailingZeros + 1 : 0;
            if (++significant <= FastDigits) mantissa = (mantissa * 10) + digit;
        }

        if (digits == 0)
        {
            consumed = 0;
            return Number.NaN;
        }

        var exponent = ReadExponent(text, ref at);
        consumed = at;
        var scale = fraction - exponent;
        if (significant == 0) return negative ? Number.Of(-0.0) : Number.Of(new decimal(0, 0, 0, isNegative: false, (byte)Math.Clamp(scale, 0, ExactDigits)));
        if (significant <= FastDigits && scale is >= 0 and <= ExactDigits)
            return Number.Of(new decimal((int)mantissa, (int)(mantissa >> 32), 0, negative, (byte)scale));
        return ReadLong(text[..at], significant - trailingZeros, scale - trailingZeros);
    }

    private static Number ReadLong(ReadOnlySpan<byte> text, int significant, int scale)
    {
        var fits = scale >= 0 ? significant <= ExactDigits && scale <= ExactDigits : significant - scale <= ExactDigits;
        return fits && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? Number.Of(exact)
            : Number.Of(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    private static int ReadExponent(ReadOnlySpan<byte> text, ref int at)
    {
        if (at >= text.Length || (text[at] | 0x20) != 'e') return 0;
        var next = at + 1;
        var negative = false;
        if (next < text.Length && text[next] is (byte)'-' or (byte)'+') negative = text[next++] == '-';
        var first = next;
        var exponent = 0;
        for (; next < text.Length && (uint)(text[next] - '0') <= 9; next++) exponent = Math.Min((exponent * 10) + text[next] - '0', HugeExponent);
        if (next == first) return 0;
        at = next;
        return negative ? -exponent : exponent;
    }
}
