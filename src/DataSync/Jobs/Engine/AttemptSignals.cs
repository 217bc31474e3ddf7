namespace DataSync.Jobs.Engine;

/// <summary>Everything that may stop an attempt, as one token, and which of them it was.</summary>
internal sealed class AttemptSignals : IDisposable
{
    private readonly CancellationTokenSource _cancel, _all;
    private readonly CancellationTokenSource _timeout, _lost = new(), _handOver = new();
    private readonly CancellationTokenRegistration _stopping;

    /// <summary>Signals of one attempt.</summary>
    /// <param name="cancel">Set when the job is called off.</param>
    /// <param name="timeLeft">Running time the job has left; infinite for no limit.</param>
    /// <param name="drain">How long the attempt may still run once the worker is told to stop.</param>
    /// <param name="time">The clock of the running time.</param>
    /// <param name="stopping">The worker is to stop.</param>
    public AttemptSignals(CancellationTokenSource cancel, TimeSpan timeLeft, TimeSpan drain, TimeProvider time, CancellationToken stopping)
    {
        _cancel = cancel;
        _timeout = new CancellationTokenSource(timeLeft > TimeSpan.Zero || timeLeft == Timeout.InfiniteTimeSpan ? timeLeft : TimeSpan.FromTicks(1), time);
        _stopping = stopping.Register(() => _handOver.CancelAfter(drain));
        _all = CancellationTokenSource.CreateLinkedTokenSource(cancel.Token, _timeout.Token, _lost.Token, _handOver.Token);
    }

    /// <summary>Set by any of them.</summary>
    public CancellationToken Token => _all.Token;

    public bool IsCancelled => _cancel.IsCancellationRequested;

    public bool IsTimedOut => _timeout.IsCancellationRequested;

    /// <summary>Another worker has the job.</summary>
    public bool IsLost => _lost.IsCancellationRequested;

    /// <summary>The worker stops, and the time to drain is over.</summary>
    public bool IsHandedOver => _handOver.IsCancellationRequested;

    public Task CancelAsync() => _cancel.CancelAsync();

    public Task LoseAsync() => _lost.CancelAsync();

    /// <summary>The attempt is over: ends what still runs beside it.</summary>
    public Task EndAsync() => _all.CancelAsync();

    public void Dispose()
    {
        _stopping.Dispose();
        _all.Dispose();
        _timeout.Dispose();
        _lost.Dispose();
        _handOver.Dispose();
    }
}
