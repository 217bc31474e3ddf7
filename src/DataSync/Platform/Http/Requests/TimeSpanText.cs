using System.Globalization;

namespace DataSync.Platform.Http.Requests;

/// <summary>Lengths of time as callers write them: a whole number and <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c> or <c>w</c>.</summary>
internal static class TimeSpanText
{
    private static readonly (char Unit, TimeSpan Length)[] Units =
        [('w', TimeSpan.FromDays(7)), ('d', TimeSpan.FromDays(1)), ('h', TimeSpan.FromHours(1)), ('m', TimeSpan.FromMinutes(1)), ('s', TimeSpan.FromSeconds(1))];

    /// <summary>Reads a length of a second or more.</summary>
    public static bool TryRead(string text, out TimeSpan span)
    {
        span = default;
        if (text.Length is < 2 or > 10 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return false;
        foreach (var (unit, length) in Units)
        {
            if (unit != text[^1]) continue;
            if (number > TimeSpan.MaxValue.Ticks / length.Ticks) return false;
            span = TimeSpan.FromTicks(number * length.Ticks);
            return true;
        }

        return false;
    }

    /// <summary>The shortest way to write a whole number of seconds.</summary>
    public static string Write(TimeSpan span)
    {
        var (unit, length) = Units.First(u => span.Ticks % u.Length.Ticks == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{span.Ticks / length.Ticks}{unit}");
    }
}
