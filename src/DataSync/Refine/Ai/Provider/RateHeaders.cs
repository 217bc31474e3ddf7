using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace DataSync.Refine.Ai.Provider;

/// <summary>What an answer's headers say about limits: <c>x-ratelimit-{limit,remaining,reset}-{requests,tokens}</c> and <c>Retry-After</c>.</summary>
internal static partial class RateHeaders
{
    /// <summary>The three numbers of a limit; null where limit or remaining is not told.</summary>
    public static (double Limit, double Remaining, TimeSpan? Reset)? Of(HttpResponseHeaders headers, string unit)
        => Number(headers, $"x-ratelimit-limit-{unit}") is { } limit && Number(headers, $"x-ratelimit-remaining-{unit}") is { } remaining
            ? (limit, remaining, Text(headers, $"x-ratelimit-reset-{unit}") is { } reset ? Duration(reset) : null)
            : null;

    /// <summary>How long the provider asks to wait; null where it does not say.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (Number(headers, "retry-after-ms") is { } milliseconds and >= 0 and < 86_400_000) return TimeSpan.FromMilliseconds(milliseconds);
        if (headers.RetryAfter is not { } asked) return null;
        var wait = asked.Delta ?? asked.Date - now;
        return wait is { } given ? TimeSpan.FromTicks(Math.Clamp(given.Ticks, 0, TimeSpan.TicksPerDay)) : null;
    }

    /// <summary>A duration as Go writes it (<c>6m0s</c>, <c>12ms</c>, <c>1h2m3.5s</c>), or a number of seconds; null where it is none.</summary>
    public static TimeSpan? Duration(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var plain)) return plain is >= 0 and < 86_400 ? TimeSpan.FromSeconds(plain) : null;
        var (seconds, read) = (0.0, 0);
        foreach (Match part in Parts().Matches(text))
        {
            if (part.Index != read || !double.TryParse(part.Groups["value"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) return null;
            read = part.Index + part.Length;
            seconds += value * part.Groups["unit"].Value switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" or "µs" => 1e-6, _ => 1e-9 };
        }

        return read == text.Length && read > 0 && seconds is >= 0 and < 86_400 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static double? Number(HttpResponseHeaders headers, string name)
        => Text(headers, name) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string? Text(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    [GeneratedRegex("(?<value>[0-9]+(?:[.][0-9]+)?)(?<unit>ms|us|µs|ns|h|m|s)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
