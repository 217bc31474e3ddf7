using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>kill -9 of the API between its answers and the drain, and of workers in the middle of it: what was acknowledged becomes a record, once.</summary>
public sealed class WebhookCrashTests : IAsyncLifetime
{
    private const int Kills = 3, WorkerKills = 3, Senders = 16;
    private readonly RunningSystem _system = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_neither_lost_nor_doubled()
    {
        var random = new Random();
        using var owner = new WebhookClient(_system, "crash");
        await owner.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        ConcurrentDictionary<string, bool> acknowledged = new(StringComparer.Ordinal);
        for (var kill = 0; kill < Kills; kill++)
        {
            var (api, address) = await _system.StartApiAsync(Ct);
            using var client = new WebhookClient(_system, "crash", address);
            var sending = Enumerable.Range(0, Senders).Select(sender => SendUntilItDiesAsync(client, $"{kill}-{sender}", acknowledged)).ToArray();
            await RunningSystem.WaitAsync("something to be acknowledged", () => Task.FromResult(acknowledged.Keys.Any(k => k.StartsWith($"{kill}-", StringComparison.Ordinal))), Ct);
            await Task.Delay(random.Next(20, 300), Ct);
            await api.KillAsync(Ct);
            await Task.WhenAll(sending);
        }

        Assert.True(acknowledged.Count > Kills * 10, $"only {acknowledged.Count} were acknowledged");
        for (var kill = 0; kill < WorkerKills; kill++)
        {
            var before = await StoredAsync();
            var worker = _system.Start("worker", ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000"));

            // Killed while it is at it, never before: few that strike are worth more than many that may miss.
            await RunningSystem.WaitAsync("the worker to be at it", async () => await StoredAsync() > before || await WaitingAsync() == 0, Ct);
            await Task.Delay(random.Next(0, 400), Ct);
            await worker.KillAsync(Ct);
        }

        _system.Start("worker", ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000"));
        await RunningSystem.WaitAsync("all deliveries to be done", async () =>
            (await owner.Owner.GetJsonAsync("api/webhooks/deliveries?status=received&page_size=1", Ct)).GetProperty("items").GetArrayLength() == 0
            && (await owner.Owner.GetJsonAsync("api/webhooks/deliveries?status=processing&page_size=1", Ct)).GetProperty("items").GetArrayLength() == 0, Ct, 240);
        Assert.Empty((await owner.Owner.GetJsonAsync("api/webhooks/deliveries?status=failed", Ct)).GetProperty("items").EnumerateArray());
        List<string> stored = [];
        await using (var read = _system.Database.Superuser.CreateCommand("SELECT raw_data ->> 'key' FROM sync_data WHERE tenant_id = 'crash'"))
        await using (var rows = await read.ExecuteReaderAsync(Ct))
        {
            while (await rows.ReadAsync(Ct)) stored.Add(rows.GetString(0));
        }

        Assert.Equal(stored.Count, stored.Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(acknowledged.Keys.Except(stored, StringComparer.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        _system.Settings.Add(("DATASYNC_WEBHOOK_DRAIN_SECONDS", "0"));
        await _system.InitializeAsync();
        await using var slow = _system.Database.Superuser.CreateCommand("""
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END';
            CREATE TRIGGER slow BEFORE INSERT ON sync_data FOR EACH ROW WHEN (NEW.seq % 7 = 0) EXECUTE FUNCTION slow()
            """);
        await slow.ExecuteNonQueryAsync(Ct);
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    private Task<long> StoredAsync() => CountAsync("SELECT count(*) FROM sync_data WHERE tenant_id = 'crash'");

    private Task<long> WaitingAsync() => CountAsync("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'crash' AND job_id IS NULL");

    private async Task<long> CountAsync(string sql)
    {
        await using var count = _system.Database.Superuser.CreateCommand(sql);
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>Sends one after the other, each sent again until it is answered, as providers do; ends when nobody answers any more.</summary>
    private static async Task SendUntilItDiesAsync(WebhookClient client, string sender, ConcurrentDictionary<string, bool> acknowledged)
    {
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                var key = $"{sender}-{i}";
                var answer = await client.SendAsync("hook", SignedDelivery.Sign("github", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { key, filler = new string('x', 500) })), id: key));
                if (answer.Status == 202) acknowledged[key] = true;
                else Assert.True(answer.Status is 429 or 503 or 500, answer.Text);
            }
        }
        catch (HttpRequestException)
        {
            // killed
        }
    }
}
