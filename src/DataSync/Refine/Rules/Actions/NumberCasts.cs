using System.Text;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Casts to numbers. None of them rounds: a value that does not fit the type fails.</summary>
internal static class NumberCasts
{
    /// <summary>A whole number of 64 bits.</summary>
    public static Value? ToInteger(Evaluation evaluation, in Value value)
    {
        if (ToDecimal(evaluation, value) is not { Number: { Exact: var exact } }) return null;
        return exact == decimal.Truncate(exact) && exact is >= long.MinValue and <= long.MaxValue ? Value.Of((long)exact) : null;
    }

    /// <summary>A number of 28 digits at most, written without an exponent.</summary>
    public static Value? ToDecimal(Evaluation evaluation, in Value value)
    {
        if (Digits(evaluation, value) is not { } digits || !TryRead(digits, out var number)) return null;
        if (number.IsExact) return Value.Of(number);
        return number.IsZero ? Value.Of(0) : null;
    }

    /// <summary>Any number; the digits stay as they stand in the text.</summary>
    public static Value? ToNumber(Evaluation evaluation, in Value value)
    {
        if (value.IsNumber) return value;
        if (Digits(evaluation, value) is not { } digits || !TryRead(digits, out _)) return null;
        var json = ToJsonNumber(digits);
        return Value.OfRaw(json, 0, json.Length);
    }

    private static byte[]? Digits(Evaluation evaluation, in Value value)
    {
        if (value.Form == ValueForm.RawNumber) return value.Raw.ToArray();
        if (value.Form is ValueForm.True or ValueForm.False) return [(byte)(value.Form == ValueForm.True ? '1' : '0')];
        if (!value.IsText) return null;
        var text = Coercion.Trim(Coercion.ToText(evaluation, value));
        return text.IsEmpty || !Ascii.IsValid(text) ? null : Encoding.ASCII.GetBytes(text.ToArray());
    }

    private static bool TryRead(byte[] digits, out Number number)
    {
        number = NumberReader.Read(digits, out var consumed);
        return consumed == digits.Length;
    }

    /// <summary>JSON knows no plus sign, no leading zeros and no bare point: <c>+007.</c> is <c>7</c>, <c>-.5</c> is <c>-0.5</c>.</summary>
    private static byte[] ToJsonNumber(ReadOnlySpan<byte> digits)
    {
        var json = new List<byte>(digits.Length + 2);
        if (digits[0] == '-') json.Add((byte)'-');
        if (digits[0] is (byte)'-' or (byte)'+') digits = digits[1..];
        var end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var whole = digits[..(end < 0 ? digits.Length : end)];
        var rest = digits[whole.Length..];
        whole = whole.TrimStart((byte)'0');
        json.AddRange(whole.IsEmpty ? "0"u8 : whole);
        if (rest.Length > 0 && rest[0] == '.' && (rest.Length == 1 || !char.IsAsciiDigit((char)rest[1]))) rest = rest[1..];
        json.AddRange(rest);
        return [.. json];
    }
}
