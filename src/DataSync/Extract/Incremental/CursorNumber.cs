using System.Globalization;

namespace DataSync.Extract.Incremental;

/// <summary>Reads numbers of which no digit is lost.</summary>
internal static class CursorNumber
{
    /// <summary>As many digits as <see cref="decimal"/> holds whatever they are.</summary>
    private const int MostDigits = 28;

    /// <summary>False for what is no number, or one whose last digits would be rounded away.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="isPlain">Digits and a point alone: in text, <c>12e3</c> is more likely part of a hash than a number.</param>
    /// <param name="number">Its value.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool isPlain, out decimal number)
    {
        number = 0;
        var mark = text.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = mark < 0 ? text : text[..mark];
        var shift = 0;
        if (mark >= 0 && (isPlain || !int.TryParse(text[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out shift))) return false;
        var digits = mantissa.Length > 0 && mantissa[0] == '-' ? mantissa[1..] : mantissa;
        var point = digits.IndexOf((byte)'.');
        var whole = point < 0 ? digits : digits[..point];
        var places = point < 0 ? default : digits[(point + 1)..];
        if (!IsDigits(whole) || (point >= 0 && !IsDigits(places))) return false;
        var held = whole.TrimStart((byte)'0').Length + places.Length;
        return held <= MostDigits && places.Length - shift <= MostDigits && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
