namespace DataSync.Benchmarks.Measuring;

/// <summary>
/// Follows the memory of a process and its descendants. The kernel's own figure for ended children cannot be used: it counts the starting process's
/// memory as the child's. The high-water mark only grows, so looking often is enough.
/// </summary>
internal sealed class PeakSampler : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sampling;
    private long _peak;

    public PeakSampler(int pid) => _sampling = Task.Run(() => SampleAsync(pid));

    public long PeakBytes => Interlocked.Read(ref _peak);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling;
        _stop.Dispose();
    }

    private async Task SampleAsync(int pid)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                Look(pid);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // the process has ended
        }
    }

    private void Look(int pid)
    {
        // A process just forked still has its starter's memory: the program it runs tells.
        if (ProcessFiles.CommandLine(pid) is { Length: > 0 } program && !program.StartsWith("/bin/sh ", StringComparison.Ordinal))
            _peak = Math.Max(_peak, ProcessFiles.PeakBytes(pid));
        foreach (var child in ProcessFiles.Children(pid)) Look(child);
    }
}
