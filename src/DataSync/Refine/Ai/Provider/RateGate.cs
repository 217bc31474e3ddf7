using System.Net;
using System.Net.Http.Headers;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Ai.Provider;

/// <summary>
/// Lets calls to one model out: so many at once, and no faster than the provider's own headers allow. Where it sends none, a refusal for too many halves what goes out at once,
/// and each answer gives a little back.
/// </summary>
internal sealed class RateGate(int most, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly RateWindow _requests = new();
    private readonly RateWindow _tokens = new();
    private readonly long _began = time.GetTimestamp();
    private double _width = most;
    private int _out;
    private long _numbered;
    private int _refusals;
    private TimeSpan _closedUntil;

    /// <summary>When a call last came back with an answer, by <see cref="Now"/>; negative where none has.</summary>
    public TimeSpan LastAnswer { get; private set; } = TimeSpan.FromTicks(-1);

    /// <summary>How long no call has come back with an answer, counted from a time at least.</summary>
    public TimeSpan SilentSince(TimeSpan from) => Now - Max(from, LastAnswer);

    /// <summary>The gate's own clock.</summary>
    public TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>Waits for a place and for the rate; first come, first served. Throws where the provider has shut the gate for longer than anybody may wait.</summary>
    /// <param name="tokens">What the call will count for, estimated from above.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<Pass> EnterAsync(double tokens, CancellationToken ct)
    {
        await PlaceAsync(ct);
        try
        {
            while (true)
            {
                TimeSpan wait;
                lock (_gate)
                {
                    var now = Now;
                    if (_closedUntil - now > patience) throw new SyncFailureException(SyncFailure.Transient("errors.ai.unavailable", ("reason", "retry_after")) with { RetryAfter = _closedUntil - now });
                    wait = Max(_closedUntil - now, Max(_requests.WaitFor(1, now), _tokens.WaitFor(tokens, now)));
                    if (wait <= TimeSpan.Zero)
                    {
                        _requests.Send(1);
                        _tokens.Send(tokens);
                        return new Pass(_numbered++, _requests.Sent, _tokens.Sent);
                    }
                }

                await Task.Delay(wait < Longest ? wait + TimeSpan.FromMilliseconds(1) : Longest, time, ct);
            }
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Takes in an answer's head, whatever its status.</summary>
    public void Told(Pass pass, HttpStatusCode status, HttpResponseHeaders headers)
    {
        var refused = status == HttpStatusCode.TooManyRequests;
        var wait = RateHeaders.RetryAfter(headers, time.GetUtcNow());
        lock (_gate)
        {
            var now = Now;
            if (RateHeaders.Of(headers, "requests") is { } requests) _requests.Tell(pass.Number, pass.Requests, requests.Limit, requests.Remaining, requests.Reset, now);
            if (RateHeaders.Of(headers, "tokens") is { } tokens) _tokens.Tell(pass.Number, pass.Tokens, tokens.Limit, tokens.Remaining, tokens.Reset, now);
            if (refused)
            {
                // Those that were on their way together are refused together: one refusal.
                if (_closedUntil <= now)
                {
                    _refusals++;
                    if (double.IsPositiveInfinity(_requests.Limit)) _width = Math.Max(1, _width / 2);
                }

                // A provider that says 0 again and again means something else.
                var least = TimeSpan.FromMilliseconds(25 << Math.Clamp(_refusals - 1, 0, 7));
                var pause = wait is { } told ? Max(told, least) : TimeSpan.FromMilliseconds(Math.Min(30_000, 125 << Math.Min(_refusals, 8)) * (0.75 + (Random.Shared.NextDouble() / 2)));
                _closedUntil = Max(_closedUntil, now + pause);
            }
            else if ((int)status < 300)
            {
                _refusals = 0;
                LastAnswer = now;
                if (RateHeaders.Of(headers, "requests") is null) _requests.Forget();
                if (RateHeaders.Of(headers, "tokens") is null) _tokens.Forget();
                _width = Math.Min(most, _width + (1 / _width));
            }
            else if (wait is { } asked && status == HttpStatusCode.ServiceUnavailable)
            {
                _closedUntil = Max(_closedUntil, now + asked);
            }
        }
    }

    private async Task PlaceAsync(CancellationToken ct)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_out < (int)_width && _waiting.Count == 0)
            {
                _out++;
                return;
            }

            _waiting.AddLast(turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using var given = ct.Register(() => turn.TrySetCanceled(ct));
        await turn.Task;
    }

    /// <summary>The call has come back, or never will.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _out--;
            while (_out < (int)_width && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                if (next.Value.TrySetResult()) _out++;
            }
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>What a call went out with.</summary>
    internal sealed record Pass(long Number, double Requests, double Tokens);
}
