namespace DataSync.Pipeline;

/// <summary>
/// Up to which record an attempt's records are committed. Who extracts waits here before asking the store for what it handed out; who stores sees that somebody waits, and commits at once.
/// </summary>
internal sealed class StoredMark
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _wanted = New();
    private TaskCompletionSource? _reached;
    private long _next, _waitsFor;

    /// <summary>Ends when somebody waits for records that are not committed yet; a new task once they are.</summary>
    public Task Wanted
    {
        get
        {
            lock (_gate) return _wanted.Task;
        }
    }

    /// <summary>All records below this ordinal are committed.</summary>
    public void Reach(long nextSeq)
    {
        lock (_gate)
        {
            _next = nextSeq;
            if (_reached is null || _next < _waitsFor) return;
            _reached.TrySetResult();
            (_reached, _wanted) = (null, New());
        }
    }

    /// <summary>Waits until all records below this ordinal are committed. One at a time.</summary>
    /// <exception cref="OperationCanceledException">The attempt ended before.</exception>
    public Task WaitAsync(long nextSeq, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_next >= nextSeq) return Task.CompletedTask;
            (_waitsFor, _reached) = (nextSeq, New());
            _wanted.TrySetResult();
            return _reached.Task.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
