namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>Looks at a process's memory twice a second, for as long as it takes.</summary>
internal sealed class MemoryTrack : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<long> _seen = [];
    private readonly Task _looking;

    public MemoryTrack(Func<long> resident) => _looking = LookAsync(resident);

    /// <summary>The most that was seen.</summary>
    public long Peak
    {
        get
        {
            lock (_seen) return _seen.DefaultIfEmpty().Max();
        }
    }

    /// <summary>By how much the most of the second half is above the most of the first.</summary>
    public long Growth
    {
        get
        {
            lock (_seen)
            {
                var half = _seen.Count / 2;
                return half == 0 ? 0 : Math.Max(0, _seen.Skip(half).Max() - _seen.Take(half).Max());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task LookAsync(Func<long> resident)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            lock (_seen) _seen.Add(resident());
        }
    }
}
