using System.Globalization;

namespace DataSync.Platform.Http.Egress;

/// <summary>The wait that an answer asks for.</summary>
internal static class RetryAfter
{
    /// <summary>No wish is granted beyond this: a source must not put a job to sleep for good.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>"At once" and times that have passed are no wish to be asked without a pause.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// <c>Retry-After</c> in seconds or as a date; null where there is none, or none that asks for patience: then the asker's own pauses hold. A date is taken by the server's own clock, where it tells its time: ours may differ.
    /// </summary>
    public static TimeSpan? Of(HttpResponseMessage response, TimeProvider time)
    {
        if (response.Headers.RetryAfter is not { } header)
        {
            // fractions of a second are no HTTP, but are sent
            return response.Headers.TryGetValues("Retry-After", out var values)
                && double.TryParse(values.FirstOrDefault(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds)
                ? Bounded(TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)))
                : null;
        }

        if (header.Delta is { } delta) return Bounded(delta);
        return header.Date is { } date ? Bounded(date - (response.Headers.Date ?? time.GetUtcNow())) : null;
    }

    private static TimeSpan? Bounded(TimeSpan wait) => wait < Least ? null : wait > Longest ? Longest : wait;
}
