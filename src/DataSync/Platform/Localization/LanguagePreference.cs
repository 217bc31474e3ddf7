using System.Globalization;

namespace DataSync.Platform.Localization;

/// <summary>Chooses one of our languages for what a caller asked for.</summary>
internal static class LanguagePreference
{
    /// <summary>The language for a tag: itself, else one with the same primary language; null if there is none.</summary>
    public static string? Match(string? tag, IReadOnlyList<string> available)
    {
        if (string.IsNullOrWhiteSpace(tag)) return null;
        tag = tag.Trim().Replace('_', '-');
        return available.FirstOrDefault(l => l.Equals(tag, StringComparison.OrdinalIgnoreCase))
            ?? available.FirstOrDefault(l => Primary(l).Equals(Primary(tag), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The best language for an <c>Accept-Language</c> header; null if it names none of ours.</summary>
    public static string? FromHeader(string? header, IReadOnlyList<string> available)
    {
        if (string.IsNullOrWhiteSpace(header) || header.Length > 1000) return null;
        var wishes = header.Split(',').Select(Wish).Where(w => w.Quality > 0);
        foreach (var (tag, _) in wishes.OrderByDescending(w => w.Quality))
        {
            if (tag == "*") return Messages.FallbackLanguage;
            if (Match(tag, available) is { } language) return language;
        }

        return null;
    }

    private static (string Tag, double Quality) Wish(string item)
    {
        var parts = item.Split(';', StringSplitOptions.TrimEntries);
        var quality = 1.0;
        foreach (var parameter in parts.Skip(1))
        {
            if (!parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)) continue;
            var valid = double.TryParse(parameter.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out quality);
            if (!valid || quality > 1) quality = 0;
        }

        return (parts[0], parts[0].Length == 0 ? 0 : quality);
    }

    private static string Primary(string tag) => tag.Split('-', 2)[0];
}
