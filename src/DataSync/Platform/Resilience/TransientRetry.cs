using System.Runtime.ExceptionServices;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace DataSync.Platform.Resilience;

/// <summary>
/// Runs work again while it fails transiently: exponential waits with jitter, honouring the other side's own wish for a wait. Only attempts
/// without progress use up the budget; one that made progress starts it anew. A wait that could not end in time is not begun: the failure goes out at once, with what the other side wishes for.
/// </summary>
internal sealed class TransientRetry(IOptions<RetryOptions> options, TimeProvider time)
{
    private readonly RetryOptions _options = options.Value;

    /// <summary>Runs <paramref name="attempt"/>, giving each its number from 1, until it succeeds, fails for good or the budget is used up.</summary>
    /// <param name="attempt">The work.</param>
    /// <param name="mayRetry">Asked after a transient failure; false lets it through.</param>
    /// <param name="progressed">Asked after a transient failure: did that attempt get further?</param>
    /// <param name="waiting">Told of each wait before it begins.</param>
    /// <param name="deadline">When the work is ended, done or not.</param>
    /// <param name="ct">Ends work and waits.</param>
    public async Task RunAsync(
        Func<int, CancellationToken, Task> attempt, Func<bool> mayRetry, Func<bool> progressed, Action<RetryWait> waiting, DateTimeOffset deadline, CancellationToken ct)
    {
        var number = 0;
        SyncFailureException? interrupted = null;
        do
        {
            if (interrupted is not null) await PauseAsync(interrupted, number, waiting, deadline, ct);
            interrupted = await Pipeline(() => number, mayRetry, waiting, deadline).ExecuteAsync(
                async token =>
                {
                    try
                    {
                        await attempt(++number, token);
                        return null;
                    }
                    catch (SyncFailureException e) when (IsTransient(e) && mayRetry() && progressed())
                    {
                        return e;
                    }
                },
                ct);
        }
        while (interrupted is not null);
    }

    private ResiliencePipeline Pipeline(Func<int> number, Func<bool> mayRetry, Action<RetryWait> waiting, DateTimeOffset deadline)
    {
        if (_options.MaxAttempts == 1) return ResiliencePipeline.Empty;
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        return builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = _options.MaxAttempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromSeconds(_options.InitialDelaySeconds),
            MaxDelay = TimeSpan.FromSeconds(_options.MaxDelaySeconds),
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is SyncFailureException e && IsTransient(e) && mayRetry()),
            DelayGenerator = static args => ValueTask.FromResult((args.Outcome.Exception as SyncFailureException)?.Failure.RetryAfter),
            OnRetry = args =>
            {
                Announce(new RetryWait(number(), args.RetryDelay, (SyncFailureException)args.Outcome.Exception!), waiting, deadline);
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    private async Task PauseAsync(SyncFailureException failure, int number, Action<RetryWait> waiting, DateTimeOffset deadline, CancellationToken ct)
    {
        var wait = failure.Failure.RetryAfter ?? TimeSpan.FromSeconds(_options.InitialDelaySeconds);
        Announce(new RetryWait(number, wait, failure), waiting, deadline);
        await Task.Delay(wait, time, ct);
    }

    private void Announce(RetryWait wait, Action<RetryWait> waiting, DateTimeOffset deadline)
    {
        if (time.GetUtcNow() + wait.Wait >= deadline) ExceptionDispatchInfo.Throw(wait.Failure);
        waiting(wait);
    }

    private static bool IsTransient(SyncFailureException e) => e.Failure.Kind == FailureKind.Transient;
}

/// <summary>A wait between two attempts.</summary>
/// <param name="Attempt">The attempt that failed.</param>
/// <param name="Wait">How long until the next.</param>
/// <param name="Failure">Why it failed.</param>
internal sealed record RetryWait(int Attempt, TimeSpan Wait, SyncFailureException Failure);
