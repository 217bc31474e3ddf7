namespace DataSync.Pipeline.Documents.Schemas.Formats;

/// <summary>Dates and times of RFC 3339, whose offset may not be left out, and in whose digits no other script's are.</summary>
internal static class TimeFormats
{
    private const int MinutesOfDay = 24 * 60;

    public static bool IsDate(ReadOnlySpan<char> text)
        => text.Length == 10 && text[4] == '-' && text[7] == '-' && Number(text[..4]) is >= 0 and var year && Number(text[5..7]) is >= 1 and <= 12 and var month
            && Number(text[8..]) is >= 1 and var day && day <= (year == 0 ? DateTime.DaysInMonth(4, month) : DateTime.DaysInMonth(year, month));

    public static bool IsDateTime(ReadOnlySpan<char> text) => text.Length > 11 && text[10] is 'T' or 't' && IsDate(text[..10]) && IsTime(text[11..]);

    /// <summary>A 60th second is one only at the end of a day of UTC, where seconds are put in.</summary>
    public static bool IsTime(ReadOnlySpan<char> text)
    {
        if (text.Length < 9 || text[2] != ':' || text[5] != ':') return false;
        if (Number(text[..2]) is not (>= 0 and <= 23 and var hour) || Number(text[3..5]) is not (>= 0 and <= 59 and var minute) || Number(text[6..8]) is not (>= 0 and <= 60 and var second)) return false;
        text = text[8..];
        if (text[0] == '.')
        {
            var digits = text[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0) return false;
            text = text[(digits + 1)..];
        }

        return Offset(text) is { } offset && (second < 60 || (((hour * 60) + minute - offset + MinutesOfDay) % MinutesOfDay) == MinutesOfDay - 1);
    }

    /// <summary>Minutes ahead of UTC; null where it is no offset.</summary>
    private static int? Offset(ReadOnlySpan<char> text)
    {
        if (text is ['Z' or 'z']) return 0;
        return text.Length == 6 && text[0] is '+' or '-' && text[3] == ':' && Number(text[1..3]) is >= 0 and <= 23 and var hours && Number(text[4..]) is >= 0 and <= 59 and var minutes
            ? (text[0] == '-' ? -1 : 1) * ((hours * 60) + minutes)
            : null;
    }

    /// <summary>Plain digits; -1 where there is anything else.</summary>
    private static int Number(ReadOnlySpan<char> text)
    {
        var number = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit)) return -1;
            number = (number * 10) + (digit - '0');
        }

        return number;
    }
}
