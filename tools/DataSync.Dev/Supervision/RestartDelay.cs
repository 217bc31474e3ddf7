namespace DataSync.Dev.Supervision;

/// <summary>How long to wait before a dead process is started again: longer each time, short again after it has lived well.</summary>
sealed class RestartDelay
{
    static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LivedWell = TimeSpan.FromSeconds(30);

    TimeSpan _next = First;

    public TimeSpan After(TimeSpan lived)
    {
        if (lived >= LivedWell) _next = First;
        var delay = _next;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return delay;
    }
}
