using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Webhooks;
using Npgsql;

namespace DataSync.IntegrationTests.Host.Regions;

/// <summary>Work of a tenant that lies in a region's database though the tenant is elsewhere, as where a database was put back in the wrong place, is not done; once the tenant is here, it is.</summary>
public sealed class RegionWorkTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(4);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RunningSystem Us => regions.Us;

    [Fact]
    public async Task Queued_job_and_one_that_lost_its_worker_are_not_run()
    {
        await regions.PlaceAsync("queued", "us");
        using var client = Us.Client("queued");
        await client.PostAsync("api/sources", Us.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        Guid id;
        await using (var hold = await HoldAsync())
        {
            // while nobody hands anything out
            id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
            await TwoRegions.ForceAsync(Us, "queued", "eu");
        }

        await Task.Delay(Long, Ct);
        Assert.Equal("queued|0|0", await StateAsync(id));

        // one that was handed out before, and one whose worker is gone: neither is taken up
        await ExecuteAsync("UPDATE sync_jobs SET status = 'running', fence = 1, lease_until = now() - interval '1 minute', lease_pid = 1 WHERE id = $1", id);
        await Task.Delay(Long, Ct);
        Assert.Equal("running|1|0", await StateAsync(id));

        await TwoRegions.ForceAsync(Us, "queued", "us");
        Assert.Equal("completed", (await client.EndAsync(id, Ct)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Due_schedule_and_waiting_deliveries_become_no_job()
    {
        await regions.PlaceAsync("planned", "us");
        using var client = Us.Client("planned");
        await client.PostAsync("api/sources", Us.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        using (var set = await client.SendAsync(RegionResidence.Put("api/sources/s/schedule", """{"cron":"0 0 1 1 *","time_zone":"UTC"}"""), Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using var hooks = new WebhookClient(Us, "planned");
        await hooks.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        await TwoRegions.ForceAsync(Us, "planned", "eu");
        await ExecuteAsync("UPDATE sync_schedules SET next_run_at = now() - interval '1 minute' WHERE tenant_id = $1", "planned");
        var delivery = Guid.CreateVersion7();
        await ExecuteAsync("INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ('planned', $1, 'hook', now(), 8, '\\x7b226964223a317d', 0)", delivery);

        await Task.Delay(Long, Ct);
        Assert.Equal(0L, await RegionResidence.ScalarAsync(Us, "SELECT count(*) FROM sync_jobs WHERE tenant_id = 'planned'"));

        await TwoRegions.ForceAsync(Us, "planned", "us");
        Assert.Equal("completed", (await hooks.EndAsync(delivery)).GetProperty("status").GetString());
        await RunningSystem.WaitAsync(
            "the schedule's job", async () => await RegionResidence.ScalarAsync(Us, "SELECT count(*) FROM sync_jobs WHERE tenant_id = 'planned' AND source_id = 's' AND status = 'completed'") is 1L, Ct);
    }

    [Fact]
    public async Task Tenant_leaves_a_region_only_once_nothing_of_it_is_there()
    {
        await regions.PlaceAsync("mover", "eu");
        using var client = regions.Eu.Client("mover");
        using var ops = regions.Operator(regions.Eu);
        await client.PostAsync("api/sources", regions.Eu.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        await client.EndAsync(await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct), Ct);

        var refused = await PutAsync(ops, "mover", """{"region":"us"}""", HttpStatusCode.Conflict);
        Assert.Equal("SYNC_449", refused.GetProperty("error_code").GetString());
        var held = refused.GetProperty("message_params").GetProperty("held").GetString()!.Split(", ");
        Assert.Empty(new[] { "data_source_configs", "sync_data", "sync_jobs", "tenant_keys", "exports" }.Except(held));
        Assert.Contains("erase", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("api/sources", Ct)).StatusCode);

        // with its rows gone, its files hold it still; then nothing does
        var erased = await regions.Eu.RunAsync(["erase-tenant", "mover"], Ct);
        Assert.True(erased.ExitCode == 0, erased.Log);
        var left = Directory.CreateDirectory(Path.Combine(regions.Eu.ExportRoot, "mover", "x"));
        await File.WriteAllTextAsync(Path.Combine(left.FullName, "left.txt"), "left", Ct);
        Assert.Equal("exports", (await PutAsync(ops, "mover", """{"region":"us"}""", HttpStatusCode.Conflict)).GetProperty("message_params").GetProperty("held").GetString());
        left.Parent!.Delete(recursive: true);
        await regions.PlaceAsync("mover", "us");

        using (var misdirected = await client.GetAsync("api/sources", Ct)) Assert.Equal(HttpStatusCode.MisdirectedRequest, misdirected.StatusCode);
        using var moved = regions.Us.Client("mover");
        await moved.PostAsync("api/sources", Us.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        Assert.Equal("completed", (await moved.EndAsync(await moved.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct), Ct)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Settings_of_a_tenant_are_kept_where_it_is_and_elsewhere_its_region_alone()
    {
        await regions.PlaceAsync("settled", "eu");
        using var home = regions.Operator(regions.Eu);
        using var elsewhere = regions.Operator(Us);
        using var own = regions.Eu.Client("settled");
        var set = await PutAsync(home, "settled", """{"language":"zh-CN","limits":{"concurrent_jobs":3}}""");
        Assert.Equal(("eu", 3), (set.GetProperty("region").GetString(), set.GetProperty("limits").GetProperty("concurrent_jobs").GetInt32()));
        foreach (var body in new[] { """{"limits":{"concurrent_jobs":3}}""", """{"region":"eu","language":"zh-CN"}""" })
            Assert.Equal("SYNC_447", (await PutAsync(elsewhere, "settled", body, HttpStatusCode.MisdirectedRequest)).GetProperty("error_code").GetString());
        var shown = await elsewhere.GetJsonAsync("api/tenants/settled/settings", Ct);
        Assert.Equal(("eu", JsonValueKind.Null), (shown.GetProperty("region").GetString(), shown.GetProperty("language").ValueKind));
        Assert.Equal("eu", (await own.GetJsonAsync("api/tenant/settings", Ct)).GetProperty("region").GetString());
        Assert.Contains("eu, us", (await PutAsync(home, "settled", """{"region":"mars"}""", HttpStatusCode.UnprocessableEntity)).GetRawText(), StringComparison.Ordinal);

        // What the operator did elsewhere is in the operator's log there, and at home in the tenant's own.
        const string Told = "SELECT string_agg(DISTINCT tenant_id, ',') FROM (SELECT tenant_id, action, target, outcome FROM audit_log UNION ALL SELECT tenant_id, action, target, outcome FROM audit_pending) a WHERE action = 'tenant.settings' AND target = 'settled' AND outcome = 'succeeded'";
        Assert.Equal(("settled", "ops-us"), (await RegionResidence.ScalarAsync(regions.Eu, Told), await RegionResidence.ScalarAsync(Us, Told)));
    }

    [Fact]
    public async Task Operator_of_another_region_places_nobody_here()
    {
        using var foreign = Us.Client("ops-eu", scope: "operator");
        Assert.Equal("SYNC_448", (await PutAsync(foreign, "anybody", """{"region":"us"}""", HttpStatusCode.Forbidden)).GetProperty("error_code").GetString());
        Assert.Empty(await Traces.RowsAsync(Us, "anybody"));
    }

    [Fact]
    public async Task Login_to_the_dashboard_is_for_operators_of_the_region()
    {
        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.Unauthorized), (await LoginAsync("ops-us"), await LoginAsync("ops-eu")));

        async Task<HttpStatusCode> LoginAsync(string tenant)
        {
            using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Us.Address };
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = RunningSystem.Token(tenant, "operator") });
            using var answer = await browser.PostAsync("hangfire/login", form, Ct);
            return answer.StatusCode;
        }
    }

    private static async Task<JsonElement> PutAsync(HttpClient client, string tenant, string body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await client.SendAsync(RegionResidence.Put($"api/tenants/{tenant}/settings", body), Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>Keeps the dispatcher from its turn.</summary>
    private async Task<NpgsqlConnection> HoldAsync()
    {
        var connection = await Us.Database.Superuser.OpenConnectionAsync(Ct);
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock(7305161846021)", connection);
        await hold.ExecuteNonQueryAsync(Ct);
        return connection;
    }

    private async Task ExecuteAsync(string sql, object value)
    {
        await using var command = Us.Database.Superuser.CreateCommand(sql);
        command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task<object?> StateAsync(Guid job)
        => await RegionResidence.ScalarAsync(Us, "SELECT concat_ws('|', status, fence, record_count) FROM sync_jobs WHERE id = $1", job);
}
