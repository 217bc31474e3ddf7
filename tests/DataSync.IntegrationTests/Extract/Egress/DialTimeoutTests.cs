using System.Diagnostics;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>An address where nobody says anything, not even no: dialling it ends by a time of its own, and says so.</summary>
public sealed class DialTimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10), Margin = TimeSpan.FromSeconds(10);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dial_that_nobody_answers_ends_by_its_own_time_on_whatever_thread_it_waits()
    {
        using var port = await FullPort.OpenAsync(Ct);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Assert.ThrowsAsync<TimeoutException>(() => EgressDial.DialAsync(port.EndPoint, Ct)),
            Assert.ThrowsAsync<TimeoutException>(() => EgressDial.DialBlockingAsync(port.EndPoint, Ct)));
        Assert.InRange(clock.Elapsed, Limit - TimeSpan.FromSeconds(1), Limit + Margin);
    }

    [Fact]
    public async Task Dial_that_is_called_off_ends_at_once_on_whatever_thread_it_waits()
    {
        using var port = await FullPort.OpenAsync(Ct);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task[] dials = [EgressDial.DialAsync(port.EndPoint, cancel.Token), EgressDial.DialBlockingAsync(port.EndPoint, cancel.Token)];
        await Task.Delay(500, Ct);
        Assert.DoesNotContain(dials, d => d.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        foreach (var dial in dials) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Limit / 2);
    }

    /// <summary>Each waits at the same time, for all they do is wait.</summary>
    [Fact]
    public async Task Read_of_a_server_that_nobody_answers_at_fails_clearly_and_in_time_by_every_driver()
    {
        using var port = await FullPort.OpenAsync(Ct);
        await using var connectors = new ReachingConnectors("127.0.0.0/8");
        var found = await Task.WhenAll(ReachingConnectors.DriversOfDrivers.Select(async driver =>
        {
            var clock = Stopwatch.StartNew();
            var failure = await ReadOutcome.FailureAsync(connectors.Of(driver), ReachingConnectors.To(driver, "127.0.0.1", port.EndPoint.Port), ReachingConnectors.Request(driver), Ct);
            return (Driver: driver, failure.MessageKey, failure.Kind, clock.Elapsed);
        }));
        Assert.All(found, f => Assert.Equal((f.Driver, "errors.connection.timeout", FailureKind.Transient, true), (f.Driver, f.MessageKey, f.Kind, f.Elapsed < Limit + Margin)));
    }
}
