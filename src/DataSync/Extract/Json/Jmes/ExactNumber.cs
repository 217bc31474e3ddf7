using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>A number with all of its digits: <c>Digits × 10^Exponent</c>. Doubles would make one of two ids that differ in the last digit.</summary>
internal readonly record struct ExactNumber(BigInteger Digits, int Exponent)
{
    private const int LongestNumber = 1000, QuotientDigits = 30, LongestTail = 40;

    /// <summary>Orders two numbers by their value.</summary>
    public static int Compare(in JmesValue a, in JmesValue b)
        => a.Element.TryGetInt64(out var left) && b.Element.TryGetInt64(out var right) ? left.CompareTo(right) : Compare(Of(a), Of(b));

    /// <summary>Reads a number. One of more than 1,000 digits, or as many places before or behind its point, costs too much to compute with.</summary>
    public static ExactNumber Of(in JmesValue number)
    {
        var text = number.Digits();
        if (text.Length > LongestNumber) throw new JmesFaultException(null);
        var mark = text.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = mark < 0 ? text : text[..mark];
        var shift = 0;
        if (mark >= 0 && (!int.TryParse(text[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out shift) || Math.Abs(shift) > LongestNumber)) throw new JmesFaultException(null);
        var point = mantissa.IndexOf((byte)'.');
        var digits = point < 0 ? mantissa.ToArray() : [.. mantissa[..point], .. mantissa[(point + 1)..]];
        return new ExactNumber(BigInteger.Parse(Encoding.ASCII.GetString(digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), shift - (point < 0 ? 0 : mantissa.Length - point - 1));
    }

    public static ExactNumber operator +(ExactNumber a, ExactNumber b)
    {
        var exponent = Math.Min(a.Exponent, b.Exponent);
        return new ExactNumber(a.At(exponent) + b.At(exponent), exponent);
    }

    public static int Compare(ExactNumber a, ExactNumber b)
    {
        var exponent = Math.Min(a.Exponent, b.Exponent);
        return a.At(exponent).CompareTo(b.At(exponent));
    }

    /// <summary>The whole number at or above it, or at or below it.</summary>
    public ExactNumber Whole(bool up)
    {
        if (Exponent >= 0) return this;
        var unit = BigInteger.Pow(10, -Exponent);
        var whole = BigInteger.DivRem(Digits, unit, out var rest);
        return new ExactNumber(rest.IsZero ? whole : up ? whole + (rest.Sign > 0 ? 1 : 0) : whole - (rest.Sign < 0 ? 1 : 0), 0);
    }

    /// <summary>A quotient, to 30 places more than the dividend has.</summary>
    public ExactNumber DividedBy(int count)
    {
        var (digits, exponent) = (Digits * BigInteger.Pow(10, QuotientDigits) / count, Exponent - QuotientDigits);
        while (exponent < 0 && (digits % 10).IsZero) (digits, exponent) = (digits / 10, exponent + 1);
        return new ExactNumber(digits, exponent);
    }

    public JmesValue ToValue() => new(JsonElement.Parse(ToString()));

    public override string ToString()
    {
        var digits = Digits.ToString(CultureInfo.InvariantCulture);
        if (Exponent == 0 || Digits.IsZero) return digits;
        if (Exponent is > LongestTail or < -LongestNumber) return string.Create(CultureInfo.InvariantCulture, $"{digits}e{Exponent}");
        if (Exponent > 0) return digits + new string('0', Exponent);
        var sign = Digits.Sign < 0 ? "-" : "";
        var padded = digits[sign.Length..].PadLeft(1 - Exponent, '0');
        return $"{sign}{padded[..^-Exponent]}.{padded[^-Exponent..]}";
    }

    private BigInteger At(int exponent) => exponent == Exponent ? Digits : Digits * BigInteger.Pow(10, Exponent - exponent);
}
