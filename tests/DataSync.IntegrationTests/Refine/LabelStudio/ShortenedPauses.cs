namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>A clock on which every pause ends at once, and the longest that was asked for is known.</summary>
internal sealed class ShortenedPauses : TimeProvider
{
    private readonly Lock _gate = new();

    public TimeSpan Longest { get; private set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (dueTime > Longest) Longest = dueTime;
        }

        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
