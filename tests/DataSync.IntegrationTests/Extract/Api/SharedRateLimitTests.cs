using System.Diagnostics;
using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Persistence;
using DataSync.Platform.Resilience;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class SharedRateLimitTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A limit as another machine has it: nothing is shared but the database.</summary>
    private SharedRateLimit Machine() => new(new TenantDatabase(new Contexts(), database.Sources));

    [Fact]
    public async Task Turns_of_all_machines_are_apart_by_the_interval()
    {
        var interval = TimeSpan.FromSeconds(10);
        var machines = Enumerable.Range(0, 4).Select(_ => Machine()).ToList();
        var clock = Stopwatch.StartNew();
        var waits = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => machines[i % 4].TakeTurnAsync("t", "apart", interval, 1, Ct)));
        var elapsed = clock.Elapsed.TotalSeconds;
        Assert.All(waits.Order().Select((wait, i) => wait.TotalSeconds - (10 * i)), gap => Assert.InRange(gap, -elapsed - 0.05, 0.05));
    }

    [Fact]
    public async Task Burst_lets_so_many_come_at_once_and_the_next_one_wait()
    {
        List<double> waits = [];
        for (var i = 0; i < 5; i++) waits.Add((await Machine().TakeTurnAsync("t", "burst", TimeSpan.FromSeconds(60), 3, Ct)).TotalSeconds);
        Assert.All(waits.Take(3), w => Assert.InRange(w, double.MinValue, 0));
        Assert.InRange(waits[3], 55, 60);
        Assert.InRange(waits[4], 115, 120);
    }

    [Fact]
    public async Task Wait_that_one_was_asked_for_holds_for_all()
    {
        await Machine().HoldBackAsync("t", "held", TimeSpan.FromSeconds(100), Ct);
        Assert.InRange((await Machine().TakeTurnAsync("t", "held", TimeSpan.FromSeconds(1), 1, Ct)).TotalSeconds, 95, 100);
    }

    [Fact]
    public async Task Limits_of_others_are_their_own()
    {
        var interval = TimeSpan.FromMinutes(10);
        await Machine().TakeTurnAsync("t", "own", interval, 1, Ct);
        Assert.InRange((await Machine().TakeTurnAsync("u", "own", interval, 1, Ct)).TotalSeconds, double.MinValue, 0);
        Assert.InRange((await Machine().TakeTurnAsync("t", "other", interval, 1, Ct)).TotalSeconds, double.MinValue, 0);
        Assert.InRange((await Machine().TakeTurnAsync("t", "own", interval, 1, Ct)).TotalSeconds, 590, 600);
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
        await Task.WhenAll(new[] { one, two }.Select(c => ReadOutcome.OfAsync(c, ApiSource.Connection(server.Url, source: "both", tenant: "t"), request, Ct)));
        Assert.Equal(12, times.Count);
        var ordered = times.Order().ToList();
        Assert.InRange(Stopwatch.GetElapsedTime(ordered[0], ordered[^1]).TotalSeconds, 1.0, 4);
    }

    private sealed class Contexts : IDbContextFactory<DataSyncDbContext>
    {
        public DataSyncDbContext CreateDbContext() => throw new NotSupportedException("Statements go without EF Core.");
    }
}
