using System.Diagnostics;
using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Persistence;
using DataSync.Platform.Resilience;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class SharedRateLimitTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly TimeSpan Patient = TimeSpan.FromDays(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A limit as another machine has it: nothing is shared but the database.</summary>
    private SharedRateLimit Machine() => new(new TenantDatabase(new Contexts(), database.Sources));

    [Fact]
    public async Task Turns_of_all_machines_are_apart_by_the_interval()
    {
        var interval = TimeSpan.FromSeconds(10);
        var machines = Enumerable.Range(0, 4).Select(_ => Machine()).ToList();
        var clock = Stopwatch.StartNew();
        var waits = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => machines[i % 4].TakeTurnAsync("t", "apart", interval, 1, Patient, Ct)));
        var elapsed = clock.Elapsed.TotalSeconds;
        Assert.All(waits.Select(t => t.Wait).Order().Select((wait, i) => wait.TotalSeconds - (10 * i)), gap => Assert.InRange(gap, -elapsed - 0.05, 0.05));
    }

    [Fact]
    public async Task Burst_lets_so_many_come_at_once_and_the_next_one_wait()
    {
        List<double> waits = [];
        for (var i = 0; i < 5; i++) waits.Add((await Machine().TakeTurnAsync("t", "burst", TimeSpan.FromSeconds(60), 3, Patient, Ct)).Wait.TotalSeconds);
        Assert.All(waits.Take(3), w => Assert.InRange(w, double.MinValue, 0));
        Assert.InRange(waits[3], 55, 60);
        Assert.InRange(waits[4], 115, 120);
    }

    [Fact]
    public async Task Wait_that_one_was_asked_for_holds_for_all()
    {
        await Machine().HoldBackAsync("t", "held", TimeSpan.FromSeconds(100), Ct);
        Assert.InRange((await Machine().TakeTurnAsync("t", "held", TimeSpan.FromSeconds(1), 1, Patient, Ct)).Wait.TotalSeconds, 95, 100);
    }

    [Fact]
    public async Task Limits_of_others_are_their_own()
    {
        var interval = TimeSpan.FromMinutes(10);
        await Machine().TakeTurnAsync("t", "own", interval, 1, Patient, Ct);
        Assert.InRange((await Machine().TakeTurnAsync("u", "own", interval, 1, Patient, Ct)).Wait.TotalSeconds, double.MinValue, 0);
        Assert.InRange((await Machine().TakeTurnAsync("t", "other", interval, 1, Patient, Ct)).Wait.TotalSeconds, double.MinValue, 0);
        Assert.InRange((await Machine().TakeTurnAsync("t", "own", interval, 1, Patient, Ct)).Wait.TotalSeconds, 590, 600);
    }

    /// <summary>A source read each minute whose limit allows a request in ten: what found no turn in time must not put off the next.</summary>
    [Fact]
    public async Task Turn_that_would_come_too_late_is_left_to_who_can_wait()
    {
        var interval = TimeSpan.FromMinutes(10);
        Assert.True((await Machine().TakeTurnAsync("t", "late", interval, 1, TimeSpan.FromMinutes(5), Ct)).IsTaken);
        for (var i = 0; i < 3; i++)
        {
            var late = await Machine().TakeTurnAsync("t", "late", interval, 1, TimeSpan.FromMinutes(5), Ct);
            Assert.False(late.IsTaken);
            Assert.InRange(late.Wait.TotalSeconds, 590, 600);
        }

        var taken = await Machine().TakeTurnAsync("t", "late", interval, 1, TimeSpan.FromMinutes(11), Ct);
        Assert.True(taken.IsTaken);
        Assert.InRange(taken.Wait.TotalSeconds, 590, 600);
    }

    [Fact]
    public async Task Turn_given_back_is_the_next_ones_where_it_was_the_last()
    {
        var interval = TimeSpan.FromMinutes(10);
        await Machine().TakeTurnAsync("t", "back", interval, 1, Patient, Ct);
        var second = await Machine().TakeTurnAsync("t", "back", interval, 1, Patient, Ct);
        await Machine().GiveBackAsync("t", "back", second, interval, Ct);
        second = await Machine().TakeTurnAsync("t", "back", interval, 1, Patient, Ct);
        Assert.InRange(second.Wait.TotalSeconds, 590, 600);
        await Machine().TakeTurnAsync("t", "back", interval, 1, Patient, Ct);
        await Machine().GiveBackAsync("t", "back", second, interval, Ct);
        Assert.InRange((await Machine().TakeTurnAsync("t", "back", interval, 1, Patient, Ct)).Wait.TotalSeconds, 1790, 1800);
    }

    [Fact]
    public async Task Reading_that_finds_no_turn_in_time_says_when_there_is_one_and_takes_none()
    {
        await using var server = await ApiServer.JsonAsync(_ => "[1]");
        using var connector = ApiSource.Connector(limits: Machine());
        var (connection, request) = (ApiSource.Connection(server.Url, source: "none", tenant: "t"), ApiSource.Request("""{"path":"/x","rate_limit":{"requests":1,"per_seconds":600}}"""));
        await ReadOutcome.OfAsync(connector, connection, request, Ct);
        for (var i = 0; i < 2; i++)
        {
            var failure = await ReadOutcome.FailureAsync(connector, connection, request, Ct);
            Assert.Equal("errors.api.turn", failure.MessageKey);
            Assert.InRange(failure.RetryAfter!.Value.TotalSeconds, 560, 600);
        }

        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task Reading_called_off_while_it_waits_gives_its_turn_back()
    {
        await using var server = await ApiServer.JsonAsync(_ => "[1]");
        using var connector = ApiSource.Connector(limits: Machine());
        var (connection, request) = (ApiSource.Connection(server.Url, source: "off", tenant: "t"), ApiSource.Request("""{"path":"/x","rate_limit":{"requests":1,"per_seconds":200}}"""));
        await ReadOutcome.OfAsync(connector, connection, request, Ct);
        using var off = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(connector, connection, request, off.Token);
        while ((await LookAsync()).TotalSeconds < 200) await Task.Delay(20, Ct);
        await off.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange((await LookAsync()).TotalSeconds, 1, 200);

        // without patience nothing is taken
        async Task<TimeSpan> LookAsync() => (await Machine().TakeTurnAsync("t", "off", TimeSpan.FromSeconds(200), 1, TimeSpan.Zero, Ct)).Wait;
    }

    [Fact]
    public async Task Readings_on_two_machines_together_keep_to_the_sources_limit()
    {
        var times = new System.Collections.Concurrent.ConcurrentQueue<long>();
        await using var server = await ApiServer.StartAsync(c =>
        {
            times.Enqueue(Stopwatch.GetTimestamp());
            return ApiServer.WriteAsync(c, c.Request.Query["page"] == "6" ? "[]" : $"[{c.Request.Query["page"]}]");
        });
        using var one = ApiSource.Connector(limits: Machine());
        using var two = ApiSource.Connector(limits: Machine());
        var request = ApiSource.Request("""{"path":"/x","pagination":{"type":"page"},"rate_limit":{"requests":10,"per_seconds":1}}""");
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(new[] { one, two }.Select(c => ReadOutcome.OfAsync(c, ApiSource.Connection(server.Url, source: "both", tenant: "t"), request, Ct)));
        Assert.Equal(12, times.Count);

        // the first may take its time to arrive, once it has had its turn
        Assert.True(Stopwatch.GetElapsedTime(began, times.Max()).TotalSeconds >= 1.0);
    }

    private sealed class Contexts : IDbContextFactory<DataSyncDbContext>
    {
        public DataSyncDbContext CreateDbContext() => throw new NotSupportedException("Statements go without EF Core.");
    }
}
