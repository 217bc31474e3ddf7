using System.Diagnostics.CodeAnalysis;

namespace DataSync.Extract.Connectors.Network;

/// <summary>
/// Bounds how long a reading waits for its server, whatever a driver makes of it. A server that trickles, or that ignores being asked to stop, keeps a driver busy
/// beyond every timeout of its own, and one that holds the request to stop holds the thread that cancels. So a step that is over its time is left to end by
/// itself, out of everybody's way; nothing that it still writes into may be used again before it has ended. Time between steps does not count.
/// </summary>
/// <param name="budget">All steps together.</param>
/// <param name="time">The clock.</param>
[SuppressMessage("Design", "CA1001", Justification = "A step that was left alone may still look at the token; a source without a timer holds nothing to give back.")]
internal sealed class ServerPatience(TimeSpan budget, TimeProvider time)
{
    /// <summary>So long a driver has to end what it was told to, before it is left alone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _driver = new();
    private TimeSpan _left = budget;
    private Task _step = Task.CompletedTask;

    /// <summary>Waits for one step. Fails with <see cref="TimeoutException"/> once the budget is used up.</summary>
    public async Task<T> WaitAsync<T>(Func<CancellationToken, Task<T>> step, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (_driver.IsCancellationRequested) throw new TimeoutException();
        var began = time.GetTimestamp();

        // on another thread: where the server has always sent more already, the driver gives back no task until it is done
        var work = Task.Run(() => step(_driver.Token), CancellationToken.None);
        _step = work;
        try
        {
            return await work.WaitAsync(_left > TimeSpan.Zero ? _left : TimeSpan.Zero, time, ct);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException && !work.IsCompleted)
        {
            Stop();
            await Task.WhenAny(work, Task.Delay(Grace, time, CancellationToken.None));
            throw;
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException(null, e);
        }
        finally
        {
            _left -= time.GetElapsedTime(began);
        }
    }

    /// <summary>Cleans up once the last step has ended. Waits for the cleaning a moment; afterwards, and where the step goes on, all ends by itself.</summary>
    public async Task EndAsync(Func<Task> clean)
    {
        // on another thread: a driver may ask the server to stop, and wait for it, before it gives back a task
        var cleaning = Task.Run(() => _step.IsCompleted ? clean() : AfterAsync(_step, clean), CancellationToken.None);
        if (_step.IsCompleted) await Task.WhenAny(cleaning, Task.Delay(Grace, time, CancellationToken.None));
        if (cleaning.IsCompleted) await cleaning;
        else _ = cleaning.ContinueWith(static c => c.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private static async Task AfterAsync(Task step, Func<Task> clean)
    {
        await step.ContinueWith(static s => s.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await clean();
    }

    /// <summary>On a thread of its own: a driver asks the server to stop while the caller waits.</summary>
    private void Stop() => _ = Task.Factory.StartNew(_driver.Cancel, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
