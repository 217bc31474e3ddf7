namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>When tasks are looked at again: soon while something happens, ever later while nothing does, and never all jobs at one time.</summary>
internal static class LookAgain
{
    private const double Jitter = 0.2;

    /// <summary>The time to the next look.</summary>
    /// <param name="options">The bounds.</param>
    /// <param name="idle">Looks in a row that saw nothing new.</param>
    /// <param name="left">Time until the end of the waiting; the last look is made then.</param>
    /// <param name="random">0 to 1.</param>
    /// <param name="wish">The server's own wish.</param>
    public static TimeSpan After(LabelStudioOptions options, int idle, TimeSpan left, double random, TimeSpan? wish = null)
    {
        var seconds = Math.Min(Math.Max(options.PollSeconds, options.LongestPollSeconds), options.PollSeconds * Math.Pow(2, Math.Clamp(idle, 0, 30)));
        var wait = TimeSpan.FromSeconds(seconds * (1 - Jitter + (2 * Jitter * random)));
        if (wish is { } wished && wished > wait) wait = wished;
        return wait < left ? wait : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
