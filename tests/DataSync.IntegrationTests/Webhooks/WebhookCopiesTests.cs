using System.Text.Json;
using DataSync.IntegrationTests.Host;
using Npgsql;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>A sender that repeats itself: a thousand times at once, to a source of each mode, and while its first try still waits.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookCopiesTests(WebhookSystem system)
{
    private const int Copies = 1000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thousand_parallel_copies_of_one_delivery_store_one()
    {
        using var client = new WebhookClient(system.Running, "copies");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("stripe"));
        var delivery = SignedDelivery.Sign("stripe", """{"id":"evt_1"}"""u8.ToArray());
        var answers = await SendAsync(client, delivery, 202);
        var id = Assert.Single(answers.Select(a => a.DeliveryId).Distinct());
        Assert.Equal(1L, await CountAsync("webhook_deliveries", "copies"));
        await client.EndAsync(id);
        Assert.Equal(id, (await client.SendAsync("hook", delivery)).DeliveryId);
        Assert.Equal(1L, await CountAsync("sync_data", "copies"));
    }

    /// <summary>One of them is answered with what was made of it; the others with its outcome, for nothing else is kept.</summary>
    [Fact]
    public async Task Thousand_parallel_copies_of_one_delivery_to_a_realtime_source_are_run_once()
    {
        using var client = new WebhookClient(system.Running, "realtime copies");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("stripe"), null, new { mode = "realtime", export_config = new { inline = true } });
        var answers = await SendAsync(client, SignedDelivery.Sign("stripe", """{"id":"evt_1"}"""u8.ToArray()), 200);
        var told = answers.Select(a => JsonElement.Parse(a.Text)).ToList();
        var job = Assert.Single(told.Select(t => t.GetProperty("job_id").GetGuid()).Distinct());
        Assert.Equal("""{"id":"evt_1"}""", Assert.Single(told, t => t.TryGetProperty("data", out _)).GetProperty("data")[0].GetRawText());
        Assert.All(told, t => Assert.Equal("completed", t.GetProperty("status").GetString()));
        Assert.Equal(1L, (await client.Owner.GetJsonAsync($"api/sync/jobs/{job}", Ct)).GetProperty("record_count").GetInt64());
        Assert.Equal((1L, 1L, 0L), (await CountAsync("webhook_deliveries", "realtime copies"), await CountAsync("sync_jobs", "realtime copies"), await CountAsync("sync_data", "realtime copies")));
    }

    [Fact]
    public async Task Thousand_parallel_copies_of_one_delivery_to_a_hybrid_source_are_exported_and_stored_once()
    {
        using var client = new WebhookClient(system.Running, "hybrid copies");
        var rules = new { routing = new[] { new { when = JsonElement.Parse("""{"==":[{"var":"secret"},true]}"""), to = "realtime" } } };
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"), null, new { mode = "hybrid", output_format = "jsonl", processing_rules = rules });
        var answers = await SendAsync(client, SignedDelivery.Sign("github", """[{"secret":true,"n":1},{"secret":false,"n":2}]"""u8.ToArray()), 202);
        var ended = await client.EndAsync(Assert.Single(answers.Select(a => a.DeliveryId).Distinct()));
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal((1L, 1L, 1L), (await CountAsync("webhook_deliveries", "hybrid copies"), await CountAsync("sync_jobs", "hybrid copies"), await CountAsync("sync_data", "hybrid copies")));
        var job = ended.GetProperty("job_id").GetGuid();
        Assert.Equal("""{"secret":true,"n":1}""" + "\n", await client.Owner.ExportAsync(job, "realtime-data.jsonl", Ct));
        Assert.Equal("""{"secret":false,"n":2}""" + "\n", await client.Owner.ExportAsync(job, "data.jsonl", Ct));
    }

    /// <summary>Its request waited for so long that the sender's next try took the delivery for abandoned.</summary>
    [Fact]
    public async Task Realtime_delivery_that_another_request_has_taken_over_meanwhile_is_not_run()
    {
        using var client = new WebhookClient(system.Running, "taken over");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"), null, new { mode = "realtime", export_config = new { inline = true } });
        Task<WebhookAnswer> sending;
        await using (var connection = await system.Running.Database.Superuser.OpenConnectionAsync(Ct))
        await using (var holding = await connection.BeginTransactionAsync(Ct))
        {
            await ExecuteAsync(connection, "SELECT 1 FROM data_source_configs WHERE tenant_id = 'taken over' FOR UPDATE");
            sending = client.SendAsync("hook", SignedDelivery.Sign("github", "{}"u8.ToArray(), id: "one"));
            await RunningSystem.WaitAsync("the claim", async () => await system.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'taken over'") == 1, Ct);
            await ExecuteAsync(connection, "UPDATE webhook_deliveries SET job_id = gen_random_uuid() WHERE tenant_id = 'taken over'");
            await holding.CommitAsync(Ct);
        }

        var answer = await sending;
        Assert.Equal((503, "errors.webhook.in_progress", true), (answer.Status, answer.Key, answer.HasRetryAfter));
        Assert.Equal((0L, 1L), (await system.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'taken over'"), await system.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'taken over' AND position IS NULL")));

        static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Ct);
        }
    }

    /// <summary>Each is sent until it is taken: as a sender does that is told to come again.</summary>
    private static Task<WebhookAnswer[]> SendAsync(WebhookClient client, SignedDelivery delivery, int taken) => Task.WhenAll(Enumerable.Range(0, Copies).Select(async _ =>
    {
        while (true)
        {
            var answer = await client.SendAsync("hook", delivery);
            if (answer.Status == taken) return answer;
            Assert.True(answer.Status is 429 or 503 && answer.HasRetryAfter, answer.Text);
            await Task.Delay(200, Ct);
        }
    }));

    private Task<long> CountAsync(string table, string tenant) => system.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE tenant_id = '{tenant}'");
}
