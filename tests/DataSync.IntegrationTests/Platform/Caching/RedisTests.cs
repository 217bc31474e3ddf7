using System.Diagnostics;
using System.Text;
using DataSync.IntegrationTests.Postgres;
using StackExchange.Redis;

namespace DataSync.IntegrationTests.Platform.Caching;

/// <summary>Machines that share a second level in Redis, and go on without it.</summary>
public sealed class RedisTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const string Canary = "canary-5up3r-s3cret";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task New_machine_reads_what_another_left_in_Redis_and_never_what_was_before_a_change()
    {
        await using var redis = await RedisServer.StartAsync(Ct);
        await using var first = await CacheMachine.StartAsync(database, Ct, redis.Address);
        await first.CreateAsync("r1", "old", Ct);
        await first.HeardAsync("r1", Ct);
        await LeaveAsync(redis, "r1");
        await SilentlyAsync("UPDATE data_source_configs SET source_name = 'behind the back' WHERE tenant_id = 'r1'");
        await using (var second = await CacheMachine.StartAsync(database, Ct, redis.Address)) await second.KeepsAsync("r1", "old", Ct); // it is Redis that answers

        await using var without = await CacheMachine.StartAsync(database, Ct); // changes a source and reaches no Redis
        await without.ReplaceAsync("r1", "new", Ct);
        await using var third = await CacheMachine.StartAsync(database, Ct, redis.Address);
        Assert.Equal("new", await third.NameAsync("r1", Ct));
        var waited = Stopwatch.GetTimestamp();
        while (await first.NameAsync("r1", Ct) != "new") Assert.True(Stopwatch.GetElapsedTime(waited) < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Redis_holds_no_secret_and_nobodys_ids()
    {
        await using var redis = await RedisServer.StartAsync(Ct);
        await using var machine = await CacheMachine.StartAsync(database, Ct, redis.Address);
        await machine.CreateAsync("tenant-in-a-key", "n", Ct, Canary);
        await machine.HeardAsync("tenant-in-a-key", Ct);
        await LeaveAsync(redis, "tenant-in-a-key");
        Assert.Equal(Canary, (await machine.OpenAsync("tenant-in-a-key", Ct)).GetProperty("password").GetString());
        await using var look = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        Assert.DoesNotContain(look.GetServer(redis.Address).Keys(), k => k.ToString().Contains("tenant-in-a-key", StringComparison.Ordinal));
        var held = await HeldAsync(look, redis);
        Assert.Contains(held, v => v.Contains("tenant-in-a-key", StringComparison.Ordinal)); // the source is there
        Assert.DoesNotContain(held, v => v.Contains(Canary, StringComparison.Ordinal) || v.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)), StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, machine.Logs.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redis_that_dies_or_hangs_delays_a_call_shortly_and_once_and_fails_none(bool dies)
    {
        await using var redis = await RedisServer.StartAsync(Ct);
        await using var here = await CacheMachine.StartAsync(database, Ct, redis.Address);
        await using var there = await CacheMachine.StartAsync(database, Ct, redis.Address);
        var tenant = dies ? "dies" : "hangs";
        await here.CreateAsync(tenant, "old", Ct);
        await there.HeardAsync(tenant, Ct);
        Assert.Equal("old", await there.NameAsync(tenant, Ct));
        if (dies) redis.Kill();
        else await redis.FreezeAsync(Ct);
        await here.ReplaceAsync(tenant, "new", Ct);
        var began = Stopwatch.GetTimestamp();
        while (await there.NameAsync(tenant, Ct) != "new") Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        for (var i = 0; i < 20; i++)
        {
            await here.ReplaceAsync(tenant, $"n{i}", Ct);
            Assert.Equal($"n{i}", await here.NameAsync(tenant, Ct));
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), $"{Stopwatch.GetElapsedTime(began)}");
        Assert.Single(there.Logs.All.Split('\n'), l => l.StartsWith("Warning 1702", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redis_that_was_never_there_is_done_without()
    {
        await using var machine = await CacheMachine.StartAsync(database, Ct, "127.0.0.1:1");
        await machine.CreateAsync("never", "n", Ct);
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(("n", "n"), (await machine.NameAsync("never", Ct), await machine.NameAsync("never", Ct)));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2));
    }

    /// <summary>Has machines look the source up until one has left it in Redis: one that finds Redis slow, as on a busy machine it is, does without it for a while.</summary>
    private async Task LeaveAsync(RedisServer redis, string tenant)
    {
        await using var look = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            await using var machine = await CacheMachine.StartAsync(database, Ct, redis.Address);
            await machine.NameAsync(tenant, Ct);
            for (var looks = 0; looks < 20; looks++, await Task.Delay(50, Ct))
            {
                if ((await HeldAsync(look, redis)).Any(v => v.Contains(tenant, StringComparison.Ordinal))) return;
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(120), "No machine left the source in Redis.");
        }
    }

    private static async Task<List<string>> HeldAsync(ConnectionMultiplexer look, RedisServer redis)
    {
        List<string> held = [];
        foreach (var key in look.GetServer(redis.Address).Keys()) held.AddRange((await look.GetDatabase().HashGetAllAsync(key)).Select(f => Encoding.Latin1.GetString((byte[])f.Value!)));
        return held;
    }

    private async Task SilentlyAsync(string sql)
    {
        await using var command = database.Superuser.CreateCommand($"BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
        await command.ExecuteNonQueryAsync(Ct);
    }
}
