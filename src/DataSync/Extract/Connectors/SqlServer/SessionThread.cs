using System.Collections.Concurrent;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>
/// The one thread a session's calls are made on, one after another: the driver is fastest where it blocks, and the pool's threads, which bring it what it waits for,
/// must not be held by it.
/// </summary>
internal sealed class SessionThread
{
    private readonly BlockingCollection<Action> _work = [];
    private int _open;

    public SessionThread() => new Thread(() => { foreach (var work in _work.GetConsumingEnumerable()) work(); }) { IsBackground = true, Name = "sqlserver" }.Start();

    /// <summary>True while a call is under way.</summary>
    public bool IsBusy => Volatile.Read(ref _open) > 0;

    /// <summary>Makes a call.</summary>
    public Task<T> RunAsync<T>(Func<T> call)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _open);
        _work.Add(() =>
        {
            try
            {
                var result = call();
                Interlocked.Decrement(ref _open);
                done.SetResult(result);
            }
            catch (Exception e)
            {
                Interlocked.Decrement(ref _open);
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Makes the last call; the thread ends behind it.</summary>
    public Task EndAsync(Action last)
    {
        var done = RunAsync(() =>
        {
            last();
            return true;
        });
        _work.CompleteAdding();
        return done;
    }
}
