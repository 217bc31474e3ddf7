using System.Globalization;

namespace DataSync.Refine.Rules.Logic;

/// <summary>Writes numbers as JavaScript does: the shortest digits, an exponent from 1e21 and below 1e-6.</summary>
internal static class NumberWriter
{
    /// <summary>Room enough for any number.</summary>
    public const int MaxLength = 64;

    private const int LongestPlain = 21;
    private const int MostLeadingZeros = 6;

    public static string ToText(in Number number)
    {
        Span<char> text = stackalloc char[MaxLength];
        return new string(text[..Write(number, text)]);
    }

    /// <summary>JavaScript's <c>String(number)</c>; exact numbers show all their digits but no trailing zeros.</summary>
    public static int Write(in Number number, Span<char> target)
    {
        if (!number.IsFinite) return Copy(number.IsNaN ? "NaN" : number.Approximate > 0 ? "Infinity" : "-Infinity", target);
        if (number.IsZero) return Copy("0", target);
        Span<char> text = stackalloc char[MaxLength];
        int length;
        if (number.IsExact) number.Exact.TryFormat(text, out length, default, CultureInfo.InvariantCulture);
        else number.Approximate.TryFormat(text, out length, "R", CultureInfo.InvariantCulture);
        Span<char> digits = stackalloc char[MaxLength];
        var count = Split(text[..length], digits, out var point, out var negative);
        return Lay(digits[..count], point, negative, target);
    }

    /// <summary>Takes a number's text apart: its digits without zeros at either end, and the place of the point before the first.</summary>
    private static int Split(ReadOnlySpan<char> text, Span<char> digits, out int point, out bool negative)
    {
        negative = text[0] == '-';
        if (negative) text = text[1..];
        var exponent = 0;
        if (text.IndexOf('E') is >= 0 and var e)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var whole = text.IndexOf('.') is >= 0 and var dot ? dot : text.Length;
        var (count, leading) = (0, 0);
        foreach (var c in text)
        {
            if (c == '.') continue;
            if (c == '0' && count == 0) leading++;
            else digits[count++] = c;
        }

        while (count > 0 && digits[count - 1] == '0') count--;
        point = whole - leading + exponent;
        return count;
    }

    private static int Lay(ReadOnlySpan<char> digits, int point, bool negative, Span<char> target)
    {
        var at = 0;
        if (negative) target[at++] = '-';
        if (point is > 0 and <= LongestPlain)
        {
            for (var i = 0; i < Math.Max(point, digits.Length); i++)
            {
                if (i == point) target[at++] = '.';
                target[at++] = i < digits.Length ? digits[i] : '0';
            }

            return at;
        }

        if (point is <= 0 and > -MostLeadingZeros)
        {
            at += Copy("0.", target[at..]);
            target.Slice(at, -point).Fill('0');
            at -= point;
            digits.CopyTo(target[at..]);
            return at + digits.Length;
        }

        target[at++] = digits[0];
        if (digits.Length > 1)
        {
            target[at++] = '.';
            digits[1..].CopyTo(target[at..]);
            at += digits.Length - 1;
        }

        target[at++] = 'e';
        target[at++] = point > 0 ? '+' : '-';
        Math.Abs(point - 1).TryFormat(target[at..], out var written, default, CultureInfo.InvariantCulture);
        return at + written;
    }

    private static int Copy(string text, Span<char> target)
    {
        text.CopyTo(target);
        return text.Length;
    }
}
