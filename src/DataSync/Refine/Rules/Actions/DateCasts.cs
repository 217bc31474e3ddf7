using System.Globalization;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Casts of ISO 8601 texts to dates and times. Zones and fractions of a second stay as written; nothing is converted.</summary>
internal static class DateCasts
{
    private static readonly string[] DateFormats = ["yyyy-MM-dd", "yyyyMMdd"];

    /// <summary><c>yyyy-MM-dd</c>. A time of day other than midnight would be lost, so it fails.</summary>
    public static Value? ToDate(Evaluation evaluation, in Value value)
    {
        if (!TrySplit(evaluation, value, out var date, out var time)) return null;
        return time.IsEmpty || (TryTime(time, out var clock, out _) && clock.AsSpan().IndexOfAnyExcept("0:.") < 0)
            ? Value.Of(Show(date))
            : null;
    }

    /// <summary><c>yyyy-MM-ddTHH:mm:ss</c> with the fraction and the zone that the text has.</summary>
    public static Value? ToDateTime(Evaluation evaluation, in Value value)
    {
        if (!TrySplit(evaluation, value, out var date, out var time)) return null;
        if (time.IsEmpty) return Value.Of($"{Show(date)}T00:00:00");
        return TryTime(time, out var clock, out var zone) ? Value.Of($"{Show(date)}T{clock}{zone}") : null;
    }

    private static string Show(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static bool TrySplit(Evaluation evaluation, in Value value, out DateOnly date, out ReadOnlySpan<char> time)
    {
        date = default;
        time = default;
        if (!value.IsText) return false;
        var text = Coercion.Trim(Coercion.ToText(evaluation, value));
        var end = text.IndexOfAny("Tt ");
        time = end < 0 ? default : text[(end + 1)..];
        if (end >= 0 && time.IsEmpty) return false;
        return DateOnly.TryParseExact(end < 0 ? text : text[..end], DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
    }

    /// <summary>Reads <c>HH:mm[:ss[.fraction]][zone]</c>.</summary>
    private static bool TryTime(ReadOnlySpan<char> text, out string clock, out string zone)
    {
        (clock, zone) = ("", "");
        var cut = text.IndexOfAny("Zz+-");
        var zoneText = cut < 0 ? default : text[cut..];
        var clockText = (cut < 0 ? text : text[..cut]).TrimEnd(' ');
        var fraction = clockText.IndexOf('.') is >= 0 and var dot ? clockText[dot..] : default;
        clockText = clockText[..^fraction.Length];
        if (clockText.Length is not (5 or 8) || (clockText.Length == 5 && !fraction.IsEmpty)) return false;
        if (!TimeOnly.TryParseExact(clockText, clockText.Length == 5 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return false;
        if (!fraction.IsEmpty && (fraction.Length == 1 || fraction[1..].IndexOfAnyExceptInRange('0', '9') >= 0)) return false;
        clock = $"{time.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}{fraction}";
        return TryZone(zoneText, out zone);
    }

    /// <summary>Reads nothing, <c>Z</c>, <c>+hh</c>, <c>+hhmm</c> or <c>+hh:mm</c>.</summary>
    private static bool TryZone(ReadOnlySpan<char> text, out string zone)
    {
        zone = text.IsEmpty ? "" : "Z";
        if (text.IsEmpty || text is "Z" or "z") return true;
        var hours = text[1..];
        var minutes = hours.Length > 2 ? hours[2..].TrimStart(':') : "00";
        if (text[0] is 'Z' or 'z' || hours.Length is not (2 or 4 or 5) || minutes.Length != 2 || (hours.Length == 5 && hours[2] != ':')) return false;
        zone = $"{text[0]}{hours[..2]}:{minutes}";
        return int.TryParse(hours[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var h) && h <= 18
            && int.TryParse(minutes, NumberStyles.None, CultureInfo.InvariantCulture, out var m) && m <= 59;
    }
}
