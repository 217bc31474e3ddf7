using System.Globalization;
using System.Numerics;

namespace DataSync.Refine.Rules.Logic;

/// <summary>Reads <c>0x</c>, <c>0o</c> and <c>0b</c> numbers, which JavaScript knows in texts.</summary>
internal static class RadixReader
{
    public static Number Read(ReadOnlySpan<char> text)
    {
        var radix = (text[1] | 0x20) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
        if (radix == 0) return Number.NaN;
        BigInteger value = 0;
        foreach (var c in text[2..])
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix) return Number.NaN;
            value = (value * radix) + digit;
            // Beyond every double: more digits only cost.
            if (value.GetBitLength() > 1100) return Number.Of(double.PositiveInfinity);
        }

        // By its digits, because the direct conversion cuts off where a double must be rounded.
        return NumberReader.Read(System.Text.Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)), out _);
    }
}
