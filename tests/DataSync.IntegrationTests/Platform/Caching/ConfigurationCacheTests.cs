using System.Diagnostics;
using DataSync.IntegrationTests.Postgres;

namespace DataSync.IntegrationTests.Platform.Caching;

/// <summary>Two machines with caches on one database: what one changes, the other sees.</summary>
public sealed class ConfigurationCacheTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    /// <summary>The promise: how long after a commit another machine may still see what was.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Source_is_served_from_memory_until_it_changes_and_a_change_is_seen_in_time_everywhere()
    {
        await using var here = await CacheMachine.StartAsync(database, Ct);
        await using var there = await CacheMachine.StartAsync(database, Ct);
        await here.CreateAsync("t1", "first", Ct, "old");
        foreach (var machine in (CacheMachine[])[here, there])
        {
            await machine.HeardAsync("t1", Ct);
            Assert.Equal("first", await machine.NameAsync("t1", Ct));
        }

        await SilentlyAsync("UPDATE data_source_configs SET source_name = 'behind the back' WHERE tenant_id = 't1'");
        await here.KeepsAsync("t1", "first", Ct);
        await there.KeepsAsync("t1", "first", Ct);
        for (var i = 0; i < 10; i++)
        {
            await here.ReplaceAsync("t1", $"n{i}", Ct, $"p{i}");
            Assert.Equal($"n{i}", await here.NameAsync("t1", Ct)); // its own change, at once
            await SeenAsync(there, "t1", $"n{i}");
            Assert.Equal($"p{i}", (await there.OpenAsync("t1", Ct)).GetProperty("password").GetString());
        }

        await there.DeleteAsync("t1", Ct);
        await SeenAsync(here, "t1", null);
        await there.CreateAsync("t1", "again", Ct);
        await SeenAsync(here, "t1", "again"); // that there was nothing is not kept
    }

    [Fact]
    public async Task Cached_source_is_as_it_is_stored()
    {
        await using var machine = await CacheMachine.StartAsync(database, Ct);
        await machine.CreateAsync("täñ😀\u202e", "n", Ct);
        await machine.HeardAsync("täñ😀\u202e", Ct);
        var read = await machine.FindAsync("täñ😀\u202e", Ct);
        var cached = await machine.FindAsync("täñ😀\u202e", Ct);
        Assert.NotSame(read, cached);
        Assert.Equivalent(read, cached, strict: true);
    }

    [Fact]
    public async Task Tenants_with_the_same_source_id_see_their_own()
    {
        await using var machine = await CacheMachine.StartAsync(database, Ct);
        string[] tenants = ["u", "u ", "U", "u:s", "u\u0301", "ú"];
        foreach (var tenant in tenants) await machine.CreateAsync(tenant, $"of {tenant}", Ct);
        for (var i = 0; i < 2; i++)
        {
            foreach (var tenant in tenants)
            {
                var found = await machine.FindAsync(tenant, Ct);
                Assert.Equal((tenant, $"of {tenant}"), (found!.TenantId, found.SourceName));
            }
        }

        Assert.Null(await machine.FindAsync("nobody", Ct));
    }

    [Fact]
    public async Task Value_read_before_a_change_and_kept_after_it_is_not_served_again()
    {
        await using var machine = await CacheMachine.StartAsync(database, Ct);
        await using var other = await CacheMachine.StartAsync(database, Ct);
        await machine.CreateAsync("race", "old", Ct);
        await machine.HeardAsync("race", Ct);
        var (began, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = machine.Cache.GetAsync("text", "race", "s", async _ =>
        {
            began.SetResult();
            await go.Task;
            return "old";
        }, Ct).AsTask();
        await began.Task;
        await other.ReplaceAsync("race", "new", Ct);
        await machine.HeardAsync("race", Ct);
        go.SetResult();
        Assert.Equal("old", await slow); // it began before the change
        Assert.Equal("new", await machine.Cache.GetAsync("text", "race", "s", _ => Task.FromResult<string?>("new"), Ct));
    }

    [Fact]
    public async Task Change_while_the_line_is_cut_is_seen_in_time()
    {
        await using var here = await CacheMachine.StartAsync(database, Ct);
        await using var there = await CacheMachine.StartAsync(database, Ct);
        await here.CreateAsync("cut", "n", Ct);
        for (var i = 0; i < 3; i++)
        {
            await there.HeardAsync("cut", Ct);
            await there.NameAsync("cut", Ct);
            await ExecuteAsync($"SELECT pg_terminate_backend({await LineAsync(there)})");
            await here.ReplaceAsync("cut", $"n{i}", Ct);
            await SeenAsync(there, "cut", $"n{i}");
        }

        await SilentlyAsync("UPDATE data_source_configs SET source_name = 'behind the back' WHERE tenant_id = 'cut'");
        await there.KeepsAsync("cut", "n2", Ct); // it caches again
        Assert.Contains("1700", there.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_while_the_line_is_dead_without_a_word_is_seen_in_time()
    {
        await using var here = await CacheMachine.StartAsync(database, Ct);
        await using var there = await CacheMachine.StartAsync(database, Ct);
        await here.CreateAsync("dead", "old", Ct);
        await there.HeardAsync("dead", Ct);
        Assert.Equal("old", await there.NameAsync("dead", Ct));
        var line = await LineAsync(there);
        await Signal.SendAsync("STOP", line, Ct); // its server's end answers no more, and closes nothing
        try
        {
            await here.ReplaceAsync("dead", "new", Ct);
            await SeenAsync(there, "dead", "new", heard: false);
        }
        finally
        {
            await Signal.SendAsync("CONT", line, Ct);
        }
    }

    /// <summary>The machine sees the name by the time promised, and from then on.</summary>
    private static async Task SeenAsync(CacheMachine machine, string tenant, string? name, bool heard = true)
    {
        var committed = Stopwatch.GetTimestamp();
        while (await machine.NameAsync(tenant, Ct) != name)
        {
            Assert.True(Stopwatch.GetElapsedTime(committed) < Promise, $"{name} was not seen within {Promise.TotalSeconds} s.");
            await Task.Delay(5, Ct);
        }

        if (heard) await machine.HeardAsync(tenant, Ct);
        for (var i = 0; i < 3; i++) Assert.Equal(name, await machine.NameAsync(tenant, Ct));
    }

    /// <summary>The process id of the server's end of a machine's line.</summary>
    private async Task<int> LineAsync(CacheMachine machine)
    {
        await using var find = database.Superuser.CreateCommand($"SELECT pid FROM pg_stat_activity WHERE application_name = '{machine.Name}'");
        return (int)(await find.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>A change that no trigger sees.</summary>
    private Task SilentlyAsync(string sql) => ExecuteAsync($"BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
