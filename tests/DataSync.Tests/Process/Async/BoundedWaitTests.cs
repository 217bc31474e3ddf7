using DataSync.Process.Async;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Process.Async;

public sealed class BoundedWaitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _work = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EndsWithinAsync_task_that_ends_between_the_clock_and_the_answer_has_ended()
    {
        var held = new HeldContinuations();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(held);
        Task<bool> ended;
        try
        {
            ended = _work.Task.EndsWithinAsync(Second, _time, Ct);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        _time.Advance(Second);
        await held.Posted.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        _work.SetResult();
        held.Run();
        Assert.True(await ended);
    }

    [Fact]
    public async Task EndsWithinAsync_task_that_goes_on_has_not_ended()
    {
        var ended = _work.Task.EndsWithinAsync(Second, _time, Ct);
        _time.Advance(Second);
        Assert.False(await ended);
    }

    [Fact]
    public async Task EndsWithinAsync_task_that_fails_has_ended()
    {
        var ended = _work.Task.EndsWithinAsync(Second, _time, Ct);
        _work.SetException(new TimeoutException());
        Assert.True(await ended);
    }

    [Fact]
    public async Task EndsWithinAsync_caller_who_gives_up_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var ended = _work.Task.EndsWithinAsync(Second, _time, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => ended);
    }

    /// <summary>Keeps what follows a wait until it is told to run it.</summary>
    private sealed class HeldContinuations : SynchronizationContext
    {
        private Action? _next;

        public TaskCompletionSource Posted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Post(SendOrPostCallback d, object? state)
        {
            _next = () => d(state);
            Posted.TrySetResult();
        }

        public void Run() => _next!();
    }
}
