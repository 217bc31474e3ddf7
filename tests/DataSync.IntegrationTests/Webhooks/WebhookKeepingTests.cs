using System.Net;
using System.Net.Http.Json;
using System.Text;
using DataSync.IntegrationTests.Host;
using DataSync.Jobs.Webhooks;
using DataSync.Jobs.Webhooks.Deliveries;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>How long deliveries are kept, and what becomes of them when their source goes, or the key that names them.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookKeepingTests(WebhookSystem system)
{
    private static readonly WebhookOptions Options = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Payload_goes_a_while_after_its_job_completed_and_the_delivery_is_known_for_longer()
    {
        using var client = new WebhookClient(system.Running, "kept");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var (young, old) = (SignedDelivery.Sign("github", "{\"n\":1}"u8.ToArray()), SignedDelivery.Sign("github", "{\"n\":2}"u8.ToArray()));
        var (youngId, oldId) = ((await client.SendAsync("hook", young)).DeliveryId, (await client.SendAsync("hook", old)).DeliveryId);
        foreach (var id in (Guid[])[youngId, oldId]) Assert.Equal("completed", (await client.EndAsync(id)).GetProperty("status").GetString());

        await AgeAsync(youngId, Options.KeepPayload - TimeSpan.FromMinutes(1));
        await AgeAsync(oldId, Options.KeepPayload + TimeSpan.FromMinutes(1));
        await SweepAsync();
        Assert.True((await ShownAsync(client, youngId)).Replayable);
        Assert.False((await ShownAsync(client, oldId)).Replayable);
        Assert.Equal(0L, await system.ScalarAsync<long>($"SELECT count(*) FROM webhook_deliveries WHERE delivery_id = '{oldId}' AND payload IS NOT NULL"));
        var refused = await client.Owner.PostAsync($"api/webhooks/deliveries/{oldId}/replay", new { }, HttpStatusCode.Conflict, Ct);
        Assert.Equal("errors.webhook.nothing_kept", refused.GetProperty("message_key").GetString());

        // Known still: what the provider sends again is no new delivery, and makes no job.
        Assert.Equal(oldId, (await client.SendAsync("hook", old)).DeliveryId);
        Assert.Equal("completed", (await ShownAsync(client, oldId)).Status);

        await AgeAsync(youngId, Options.KeepId - TimeSpan.FromMinutes(1));
        await AgeAsync(oldId, Options.KeepId + TimeSpan.FromMinutes(1));
        await SweepAsync();
        await client.Owner.GetJsonAsync($"api/webhooks/deliveries/{oldId}", Ct, HttpStatusCode.NotFound);
        Assert.Equal("completed", (await ShownAsync(client, youngId)).Status);

        // Forgotten: the same bytes are a delivery again.
        Assert.Equal(oldId, (await client.SendAsync("hook", old)).DeliveryId);
        Assert.Equal("completed", (await client.EndAsync(oldId)).GetProperty("status").GetString());
        Assert.Equal(2L, await system.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE tenant_id = 'kept' AND raw_data ->> 'n' = '2'"));
    }

    [Fact]
    public async Task What_waits_or_may_be_run_again_is_never_swept_however_old()
    {
        using var client = new WebhookClient(system.Running, "never swept");
        await client.RegisterAsync("waiting", SignedDelivery.Parameters("github"));
        await client.RegisterAsync("failing", SignedDelivery.Parameters("github"), null, new { output_format = "csv" });
        Guid waiting, failed;
        await using (await system.HoldDrainAsync("never swept", "waiting"))
        {
            waiting = (await client.SendAsync("waiting", SignedDelivery.Sign("github", "{}"u8.ToArray()))).DeliveryId;
            await AgeAsync(waiting, Options.KeepId + TimeSpan.FromDays(1));
            await SweepAsync();
            Assert.Equal(("received", true), await ShownAsync(client, waiting));
        }

        // More columns than a CSV file takes: the job fails, and its delivery can be run again for as long as it is known.
        var wide = "{" + string.Join(",", Enumerable.Range(0, 40_000).Select(i => $"\"c{i}\":1")) + "}";
        failed = (await client.SendAsync("failing", SignedDelivery.Sign("github", Encoding.UTF8.GetBytes(wide)))).DeliveryId;
        Assert.Equal("failed", (await client.EndAsync(failed)).GetProperty("status").GetString());
        await AgeAsync(failed, Options.KeepPayload + TimeSpan.FromDays(1));
        await SweepAsync();
        Assert.Equal(("failed", true), await ShownAsync(client, failed));
        await AgeAsync(failed, Options.KeepId + TimeSpan.FromDays(1));
        await SweepAsync();
        await client.Owner.GetJsonAsync($"api/webhooks/deliveries/{failed}", Ct, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Deliveries_of_a_source_that_is_deleted_fail_and_run_again_once_it_is_back()
    {
        using var client = new WebhookClient(system.Running, "deleted");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var delivery = SignedDelivery.Sign("github", "{\"of\":\"a deleted source\"}"u8.ToArray());
        Guid id;
        await using (await system.HoldDrainAsync("deleted", "hook"))
        {
            id = (await client.SendAsync("hook", delivery)).DeliveryId;
            using var deleted = await client.Owner.DeleteAsync("api/sources/hook", Ct);
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        var ended = await client.EndAsync(id);
        Assert.Equal(("failed", "errors.source.not_found"), (ended.GetProperty("status").GetString(), ended.GetProperty("error_details").GetProperty("message_key").GetString()));
        Assert.Equal(0L, await system.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'deleted'"));
        await RunningSystem.WaitAsync("the source to be gone for its senders", async () => (await client.SendAsync("hook", delivery)).Status == 401, Ct);

        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        await client.Owner.PostAsync($"api/webhooks/deliveries/{id}/replay", new { }, HttpStatusCode.Accepted, Ct);
        ended = await client.EndAsync(id);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal("{\"of\":\"a deleted source\"}\n", await client.Owner.ExportAsync(ended.GetProperty("job_id").GetGuid(), "data.jsonl", Ct));
    }

    [Fact]
    public async Task Deliveries_wait_while_their_plan_asks_for_a_project_that_is_not_the_tenants()
    {
        using var client = new WebhookClient(system.Running, "without a project");
        await client.RegisterAsync("a", SignedDelivery.Parameters("github"), null, new { output_format = "jsonl", refinement_config = new { enable_label_studio = true, label_studio_project_id = 4711 } });
        await client.RegisterAsync("b", SignedDelivery.Parameters("github"));
        var id = (await client.SendAsync("a", SignedDelivery.Sign("github", "{\"to\":\"people\"}"u8.ToArray()))).DeliveryId;

        // who looks for what waits looks at a's deliveries before b's
        Assert.Equal("completed", (await client.EndAsync((await client.SendAsync("b", SignedDelivery.Sign("github", "{\"to\":\"nobody\"}"u8.ToArray()))).DeliveryId)).GetProperty("status").GetString());
        Assert.Equal(("received", true), await ShownAsync(client, id));
        Assert.Equal(0L, await system.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'without a project' AND source_id = 'a'"));

        using var changed = await client.Owner.PutAsJsonAsync("api/sources/a", WebhookClient.Source("a", SignedDelivery.Parameters("github")), Ct);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        var ended = await client.EndAsync(id);
        Assert.Equal("{\"to\":\"people\"}\n", await client.Owner.ExportAsync(ended.GetProperty("job_id").GetGuid(), "data.jsonl", Ct));
    }

    [Fact]
    public async Task Deliveries_keep_their_ids_while_the_master_key_is_changed()
    {
        var next = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData("the next master key of webhooks"u8));
        var (api, address) = await system.Running.StartApiAsync(Ct, ("DATASYNC_MASTER_KEY", $"next:{next},{RunningSystem.MasterKey}"));
        using var before = new WebhookClient(system.Running, "new master key");
        using var after = new WebhookClient(system.Running, "new master key", address);
        await before.RegisterAsync("async", SignedDelivery.Parameters("github"));
        await before.RegisterAsync("realtime", SignedDelivery.Parameters("github"), null, new { mode = "realtime", export_config = new { inline = true } });
        var (stored, direct) = (SignedDelivery.Sign("github", "{\"a\":1}"u8.ToArray()), SignedDelivery.Sign("github", "{\"r\":1}"u8.ToArray()));
        var id = (await before.SendAsync("async", stored)).DeliveryId;
        Assert.Equal(200, (await before.SendAsync("realtime", direct)).Status);

        // The same deliveries, sent again to a process that names by the new key.
        Assert.Equal(id, (await after.SendAsync("async", stored)).DeliveryId);
        Assert.Equal(200, (await after.SendAsync("realtime", direct)).Status);
        Assert.Equal(2L, await system.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'new master key'"));
        Assert.Equal(1L, await system.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'new master key' AND mode = 'realtime'"));

        // What is new has one name as well, and no name of the old key's.
        var fresh = SignedDelivery.Sign("github", "{\"a\":2}"u8.ToArray());
        Assert.Equal((await after.SendAsync("async", fresh)).DeliveryId, (await after.SendAsync("async", fresh)).DeliveryId);
        Assert.Equal(2L, await system.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'new master key' AND source_id = 'async'"));
        await api.KillAsync(Ct);
    }

    [Fact]
    public async Task Realtime_delivery_whose_process_died_before_there_was_a_job_is_run_whenever_it_comes_again()
    {
        using var client = new WebhookClient(system.Running, "claimed and left");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"), null, new { mode = "realtime", export_config = new { inline = true } });
        var delivery = SignedDelivery.Sign("github", "{\"n\":1}"u8.ToArray());
        Assert.Equal(200, (await client.SendAsync("hook", delivery)).Status);

        // as the process left it that died between its claim and its job
        await system.ScalarAsync<long>("WITH gone AS (DELETE FROM sync_jobs WHERE tenant_id = 'claimed and left') UPDATE webhook_deliveries SET position = NULL, received_at = now() - interval '5 hours' WHERE tenant_id = 'claimed and left' RETURNING arrival");
        Assert.Equal(200, (await client.SendAsync("hook", delivery)).Status);
        Assert.Equal(1L, await JobsAsync());

        // one whose job was removed when its time was over is done
        await system.ScalarAsync<long>("WITH gone AS (DELETE FROM sync_jobs WHERE tenant_id = 'claimed and left') UPDATE webhook_deliveries SET received_at = now() - interval '5 hours' WHERE tenant_id = 'claimed and left' RETURNING arrival");
        Assert.Equal(200, (await client.SendAsync("hook", delivery)).Status);
        Assert.Equal(0L, await JobsAsync());

        Task<long> JobsAsync() => system.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'claimed and left'");
    }

    private static async Task<(string Status, bool Replayable)> ShownAsync(WebhookClient client, Guid id)
    {
        var shown = await client.Owner.GetJsonAsync($"api/webhooks/deliveries/{id}", Ct);
        return (shown.GetProperty("status").GetString()!, shown.GetProperty("replayable").GetBoolean());
    }

    private Task SweepAsync() => new DeliverySweeper(system.Running.Database.Sources, Options, TimeProvider.System, NullLogger<DeliverySweeper>.Instance).SweepAsync(Ct);

    private Task AgeAsync(Guid id, TimeSpan age) => system.ScalarAsync<Guid>($"UPDATE webhook_deliveries SET received_at = now() - interval '{(long)age.TotalSeconds} seconds' WHERE delivery_id = '{id}' RETURNING delivery_id");
}
