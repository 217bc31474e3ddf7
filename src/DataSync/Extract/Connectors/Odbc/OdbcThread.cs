using System.Collections.Concurrent;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>
/// The one thread a session's calls are made on, one after another: ODBC blocks, and a pool's thread must not. A call that is to end is interrupted
/// again and again, since a request to cancel may come before what it should stop; one that does not end all the same is left behind, and with it
/// this thread, which frees everything once the call comes back.
/// </summary>
internal sealed class OdbcThread
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.2), Pause = TimeSpan.FromMilliseconds(150), Farewell = TimeSpan.FromMilliseconds(600);
    private readonly BlockingCollection<Action> _work = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly long _began;
    private volatile Action? _interrupt;

    /// <summary>Starts the thread.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="timeout">How long everything together may take.</param>
    public OdbcThread(TimeProvider time, TimeSpan timeout)
    {
        (_time, _timeout, _began) = (time, timeout, time.GetTimestamp());
        new Thread(() => { foreach (var work in _work.GetConsumingEnumerable()) work(); }) { IsBackground = true, Name = "odbc" }.Start();
    }

    /// <summary>What asks the call under way to end; set where there is one that can be asked. It is called on another thread, and may block itself.</summary>
    public void OnInterrupt(Action? interrupt) => _interrupt = interrupt;

    /// <summary>Makes a call without waiting for it.</summary>
    public Task<T> Begin<T>(Func<T> call)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(call());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Makes a call and waits for it.</summary>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken ct) => WaitAsync(Begin(call), ct);

    /// <summary>Waits for a call; when the token is cancelled or the time is over, the call is interrupted, and where that does not help, left.</summary>
    /// <exception cref="SyncFailureException">The time is over.</exception>
    public async Task<T> WaitAsync<T>(Task<T> call, CancellationToken ct)
    {
        var left = _timeout - _time.GetElapsedTime(_began);
        try
        {
            return await call.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), _time, ct);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await InterruptAsync(call);
            ct.ThrowIfCancellationRequested();
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_timeout", ("sqlstate", "HYT00")), e);
        }
    }

    /// <summary>Asks the call to end until it does, or patience does. Never throws.</summary>
    public async Task InterruptAsync(Task call)
    {
        Forget(call);
        Task? asking = null;
        for (var began = _time.GetTimestamp(); !call.IsCompleted && _time.GetElapsedTime(began) < Patience;)
        {
            if (asking is null or { IsCompleted: true } && _interrupt is { } interrupt)
                asking = Task.Factory.StartNew(() => Quietly(interrupt), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Task.WhenAny(call, Task.Delay(Pause, _time));
        }
    }

    /// <summary>Makes the last call; the thread ends behind it. It is waited for a moment only.</summary>
    public async Task EndAsync(Action last)
    {
        var done = Begin(() =>
        {
            last();
            return true;
        });
        _work.CompleteAdding();
        _interrupt = null;
        await Task.WhenAny(done, Task.Delay(Farewell, _time));
        Forget(done);
    }

    /// <summary>Nobody waits for this call any more, so nobody else looks at what it came to.</summary>
    private static void Forget(Task call)
        => _ = call.ContinueWith(static c => _ = c.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static void Quietly(Action interrupt)
    {
        try
        {
            interrupt();
        }
        catch (Exception e) when (e is Native.OdbcException or ObjectDisposedException or SyncFailureException)
        {
            // the call has ended by itself, or its session is gone: either is what was asked for
        }
    }
}
