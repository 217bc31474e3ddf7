using System.Globalization;
using System.Net;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Provider;

namespace DataSync.Tests.Refine.Ai;

public sealed class RateTests
{
    [Theory]
    [InlineData("6m0s", 360_000)]
    [InlineData("12ms", 12)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("1s", 1000)]
    [InlineData("7", 7000)]
    [InlineData("0.25", 250)]
    public void Duration_reads_what_providers_write(string text, double milliseconds) => Assert.Equal(milliseconds, RateHeaders.Duration(text)!.Value.TotalMilliseconds, 3);

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1s later")]
    [InlineData("999999999h")]
    public void Duration_that_is_none_is_unknown(string text) => Assert.Null(RateHeaders.Duration(text));

    [Fact]
    public void Window_follows_the_newest_answer_and_takes_off_what_was_sent_after_it()
    {
        var window = new RateWindow();
        Assert.Equal(TimeSpan.Zero, window.WaitFor(1, TimeSpan.Zero));
        for (var i = 0; i < 3; i++) window.Send(1);
        window.Tell(0, 1, 100, 2, TimeSpan.FromSeconds(9.8), TimeSpan.Zero); // ten a second; two left, and two were sent since
        Assert.Equal(100, window.WaitFor(1, TimeSpan.Zero).TotalMilliseconds, 1);
        Assert.Equal(TimeSpan.Zero, window.WaitFor(1, TimeSpan.FromMilliseconds(101)));
        window.Tell(2, 3, 100, 50, TimeSpan.FromSeconds(5), TimeSpan.Zero);
        window.Tell(1, 2, 100, 0, TimeSpan.FromSeconds(10), TimeSpan.Zero); // older: passed over
        Assert.Equal(TimeSpan.Zero, window.WaitFor(50, TimeSpan.Zero));
        Assert.True(window.WaitFor(51, TimeSpan.Zero) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, window.WaitFor(1000, TimeSpan.FromSeconds(6))); // more than the whole: when all is there
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, -1)]
    [InlineData(100, -1)]
    public void Window_passes_over_a_limit_that_is_none(double limit, double remaining)
    {
        var window = new RateWindow();
        window.Tell(0, 0, limit, remaining, null, TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, window.WaitFor(1000, TimeSpan.Zero));
    }

    [Fact]
    public async Task Gate_lets_so_many_out_at_once_and_halves_them_after_a_refusal_without_headers()
    {
        var gate = new RateGate(4, TimeSpan.FromMinutes(1), TimeProvider.System);
        var passes = new List<RateGate.Pass>();
        for (var i = 0; i < 4; i++) passes.Add(await gate.EnterAsync(1, TestContext.Current.CancellationToken));
        using var soon = new CancellationTokenSource();
        var fifth = gate.EnterAsync(1, soon.Token);
        Assert.False(fifth.IsCompleted);
        using var refusal = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        refusal.Headers.Add("retry-after-ms", "1");
        gate.Told(passes[0], refusal.StatusCode, refusal.Headers);
        gate.Leave();
        gate.Leave();
        Assert.False(fifth.IsCompleted); // two are out, and two may be
        await soon.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fifth);
        gate.Leave();
        await gate.EnterAsync(1, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Gate_that_is_shut_for_longer_than_anybody_waits_says_so_and_gives_the_place_back()
    {
        var gate = new RateGate(1, TimeSpan.FromMinutes(10), TimeProvider.System);
        var pass = await gate.EnterAsync(1, TestContext.Current.CancellationToken);
        using var refusal = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        refusal.Headers.Add("Retry-After", "3600");
        gate.Told(pass, refusal.StatusCode, refusal.Headers);
        gate.Leave();
        for (var i = 0; i < 2; i++)
        {
            var shut = await Assert.ThrowsAsync<SyncFailureException>(() => gate.EnterAsync(1, TestContext.Current.CancellationToken));
            Assert.Equal(FailureKind.Transient, shut.Failure.Kind);
            Assert.InRange(shut.Failure.RetryAfter!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(60));
        }
    }

    [Fact]
    public void Retry_after_is_read_in_both_forms()
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", "3");
        Assert.Equal(TimeSpan.FromSeconds(3), RateHeaders.RetryAfter(response.Headers, now));
        response.Headers.Remove("Retry-After");
        response.Headers.TryAddWithoutValidation("Retry-After", now.AddSeconds(5).ToString("R", CultureInfo.InvariantCulture));
        Assert.Equal(TimeSpan.FromSeconds(5), RateHeaders.RetryAfter(response.Headers, now));
    }
}
