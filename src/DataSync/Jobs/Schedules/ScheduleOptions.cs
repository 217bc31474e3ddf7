namespace DataSync.Jobs.Schedules;

/// <summary>How a continuous schedule paces itself.</summary>
internal sealed record ScheduleOptions
{
    /// <summary><c>DATASYNC_CONTINUOUS_WAIT_SECONDS</c>: wait after a sync that found nothing; doubles while nothing comes.</summary>
    public TimeSpan IdleWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>DATASYNC_CONTINUOUS_MAX_WAIT_SECONDS</c>: no such wait is longer.</summary>
    public TimeSpan LongestIdleWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait after a sync that failed; doubles with each further one. The retry policy's first wait.</summary>
    public TimeSpan FailureWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No such wait is longer: the retry policy's longest, a minute at most.</summary>
    public TimeSpan LongestFailureWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait after some runs in a row that found nothing; none after one that found something.</summary>
    public TimeSpan AfterIdle(int runs) => Doubled(IdleWait, LongestIdleWait, runs);

    /// <summary>The wait after some runs in a row that failed.</summary>
    public TimeSpan AfterFailed(int runs) => Doubled(FailureWait, LongestFailureWait, runs);

    private static TimeSpan Doubled(TimeSpan first, TimeSpan longest, int times)
        => times < 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(times - 1, 60))));
}
