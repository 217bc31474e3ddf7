using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DataSync.IntegrationTests.Host;
using Npgsql;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>What senders hear when there are too many of them.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookOverloadTests(WebhookSystem system)
{
    private const int MostWaiting = WebhookSystem.NarrowWaiting;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Flood_of_one_tenant_is_answered_429_at_once_and_leaves_room_for_others()
    {
        var address = await system.NarrowAsync();
        using var flood = new WebhookClient(system.Running, "flood", address);
        using var other = new WebhookClient(system.Running, "beside the flood", address);
        foreach (var client in (WebhookClient[])[flood, other])
        {
            await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
            Assert.Equal(202, (await client.SendAsync("hook", New())).Status);
        }

        List<Task<WebhookAnswer>> waiting = [];
        await using (await LockAsync())
        {
            // Half of the places are one tenant's at most.
            var sent = Enumerable.Range(0, 3 * MostWaiting).Select(_ => flood.SendAsync("hook", New())).ToList();
            foreach (var answer in await RefusedAsync(sent)) Assert.Equal((429, "errors.webhook.too_many", true), (answer.Status, answer.Key, answer.HasRetryAfter));
            waiting.AddRange(sent.Where(s => !s.IsCompleted));

            // The others' places are free, and when they are taken as well, nobody waits longer: 503.
            sent = [.. Enumerable.Range(0, 3 * MostWaiting).Select(_ => other.SendAsync("hook", New()))];
            foreach (var answer in await RefusedAsync(sent)) Assert.Equal((503, "errors.webhook.busy", true), (answer.Status, answer.Key, answer.HasRetryAfter));
            waiting.AddRange(sent.Where(s => !s.IsCompleted));
        }

        Assert.Equal(MostWaiting, waiting.Count);
        foreach (var answer in waiting) Assert.Equal(202, (await answer).Status);
        foreach (var client in (WebhookClient[])[flood, other]) Assert.Equal(202, (await client.SendAsync("hook", New())).Status);
        Assert.Equal(2L + (MostWaiting / 2), await system.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'beside the flood'"));
    }

    /// <summary>Every place is taken by a request that waits for the disk, of two tenants. No commit was under way but the first of each writer.</summary>
    [Fact]
    public async Task Requests_that_wait_together_share_a_few_commits_and_are_answered_once_they_are_stored()
    {
        const string Rows = "FROM webhook_deliveries WHERE tenant_id IN ('together one', 'together two')";
        var address = await system.NarrowAsync();
        using var one = new WebhookClient(system.Running, "together one", address);
        using var two = new WebhookClient(system.Running, "together two", address);
        foreach (var client in (WebhookClient[])[one, two]) await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));

        // a worker that took them into a job would write each row once more
        await using var drainOfOne = await system.HoldDrainAsync("together one", "hook");
        await using var drainOfTwo = await system.HoldDrainAsync("together two", "hook");
        List<Task<WebhookAnswer>> waiting = [];
        await using (await LockAsync())
        {
            foreach (var client in (WebhookClient[])[one, two])
            {
                var sent = Enumerable.Range(0, MostWaiting).Select(_ => client.SendAsync("hook", New())).ToList();
                foreach (var answer in await RefusedAsync(sent)) Assert.Contains(answer.Status, (int[])[429, 503]);
                waiting.AddRange(sent.Where(s => !s.IsCompleted));
            }

            Assert.Equal((MostWaiting, 0L), (waiting.Count, await system.ScalarAsync<long>($"SELECT count(*) {Rows}")));
        }

        var ids = (await Task.WhenAll(waiting)).Select(a => a.DeliveryId).ToHashSet();
        Assert.Equal(MostWaiting, ids.Count);
        Assert.Equal(ids, (await system.ScalarAsync<Guid[]>($"SELECT array_agg(delivery_id) {Rows}")).ToHashSet());
        Assert.Equal((long)MostWaiting, await system.ScalarAsync<long>($"SELECT count(*) {Rows}"));
        Assert.InRange(await system.ScalarAsync<long>($"SELECT count(DISTINCT xmin::text) {Rows}"), 1, MostWaiting / 8);
    }

    [Fact]
    public async Task Bodies_beyond_the_memory_for_them_are_answered_503_and_those_that_left_give_theirs_back()
    {
        var address = await system.NarrowAsync();
        using var client = new WebhookClient(system.Running, "memory", address);
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        Assert.Equal(202, (await client.SendAsync("hook", New())).Status);

        // A sender who announces much holds nothing; one who has sent most of it does.
        using (await SlowSenderAsync(address, sent: 0)) Assert.Equal(202, (await client.SendAsync("hook", New())).Status);
        for (var round = 0; round < 3; round++)
        {
            using (await MemoryTakerAsync(client, address)) Assert.True(await client.SendAsync("hook", New()) is { Status: 503, Key: "errors.webhook.busy", HasRetryAfter: true });
            await RunningSystem.WaitAsync("the memory to be given back", async () => (await client.SendAsync("hook", New())).Status == 202, Ct);
        }
    }

    [Fact]
    public async Task Strangers_wait_until_the_time_of_a_look_up_tells_nothing()
    {
        using var client = new WebhookClient(system.Running, "settling");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));

        // the second time there is nothing to be looked up, and that must tell nothing either
        (string, string)[] asked = [("settling", "hook"), ("settling", "no source"), ("no tenant at all", "hook"), ("settling", "~not-an-id")];
        foreach (var (tenant, source) in asked.Concat(asked))
        {
            var began = Stopwatch.GetTimestamp();
            Assert.Equal(401, (await client.SendAsync(tenant, source, SignedDelivery.Sign("github", "{}"u8.ToArray(), secret: "not the secret of anybody"))).Status);
            Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(45), $"{tenant}, {source}: {Stopwatch.GetElapsedTime(began)}");
        }
    }

    /// <summary>All look-ups of names that nobody knows wait for the database; a source that is known is looked after all the same.</summary>
    [Fact]
    public async Task Made_up_names_do_not_hold_up_a_source_that_is_known()
    {
        using var client = new WebhookClient(system.Running, "made up");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var stranger = SignedDelivery.Sign("github", "{}"u8.ToArray(), secret: "not the secret of anybody");
        Assert.Equal(401, (await client.SendAsync("hook", stranger)).Status);
        List<Task<WebhookAnswer>> flood;
        await using (var held = await system.Running.Database.Superuser.OpenConnectionAsync(Ct))
        {
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE data_source_configs IN ACCESS EXCLUSIVE MODE", held);
            await hold.ExecuteNonQueryAsync(Ct);
            flood = [.. Enumerable.Range(0, 30).Select(i => client.SendAsync($"name {i}", stranger))];
            await Task.Delay(1200, Ct);
            Assert.DoesNotContain(flood, f => f.IsCompleted);
            Assert.Equal(401, (await client.SendAsync("hook", stranger).WaitAsync(TimeSpan.FromSeconds(60), Ct)).Status);
            Assert.Contains(flood, f => !f.IsCompleted);
            await using var free = new NpgsqlCommand("ROLLBACK", held);
            await free.ExecuteNonQueryAsync(Ct);
        }

        Assert.All(await Task.WhenAll(flood), a => Assert.True(a.Status is 401 or 503, a.Text));
    }

    private static SignedDelivery New() => SignedDelivery.Sign("github", Encoding.UTF8.GetBytes($$"""{"n":"{{Guid.NewGuid()}}"}"""));

    /// <summary>The answers to all but those that have a place.</summary>
    private static async Task<List<WebhookAnswer>> RefusedAsync(List<Task<WebhookAnswer>> sent)
    {
        await RunningSystem.WaitAsync("those without a place to be refused", () => Task.FromResult(sent.Count(s => s.IsCompleted) == sent.Count - (MostWaiting / 2)), Ct, 20);
        return [.. sent.Where(s => s.IsCompleted).Select(s => s.Result)];
    }

    /// <summary>No commit comes through while it is held.</summary>
    private async Task<NpgsqlConnection> LockAsync()
    {
        var connection = await system.Running.Database.Superuser.OpenConnectionAsync(Ct);
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE webhook_deliveries IN SHARE ROW EXCLUSIVE MODE", connection);
        await hold.ExecuteNonQueryAsync(Ct);
        return connection;
    }

    /// <summary>A sender whose body takes all the memory there is. A small one that was under way when it wanted the last of it may have had it refused; then another tries.</summary>
    private static async Task<TcpClient> MemoryTakerAsync(WebhookClient client, Uri address)
    {
        TcpClient? taker = null;
        await RunningSystem.WaitAsync("the memory to be taken", async () =>
        {
            if (taker is null or { Available: > 0 })
            {
                taker?.Dispose();
                taker = await SlowSenderAsync(address, sent: 1024 * 1000);
            }

            return (await client.SendAsync("hook", New())).Status == 503;
        }, Ct);
        return taker!;
    }

    private static async Task<TcpClient> SlowSenderAsync(Uri address, int sent)
    {
        var sender = new TcpClient { NoDelay = true };
        await sender.ConnectAsync(IPAddress.Loopback, address.Port, Ct);
        var head = $"POST /api/webhooks/memory/hook HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {1024 * 1024}\r\n\r\n";
        await sender.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Ct);
        await sender.GetStream().WriteAsync(new byte[sent], Ct);
        return sender;
    }
}
