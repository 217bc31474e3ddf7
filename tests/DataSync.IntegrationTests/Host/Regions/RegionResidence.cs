using System.Net;
using DataSync.IntegrationTests.Webhooks;

namespace DataSync.IntegrationTests.Host.Regions;

/// <summary>A tenant of each region works in its own, is refused in the other, and leaves nothing there.</summary>
internal static class RegionResidence
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task TenantsLeaveNothingElsewhereAsync(TwoRegions regions, Func<RunningSystem, string> storage)
    {
        await regions.PlaceAsync("tenant-alpha", "eu");
        await regions.PlaceAsync("tenant-beta", "us");
        await WorkAsync(regions.Eu, "tenant-alpha", "alpha");
        await WorkAsync(regions.Us, "tenant-beta", "beta");
        await KnockAsync(regions.Us, "tenant-alpha");
        await KnockAsync(regions.Eu, "tenant-beta");
        foreach (var (home, other, name) in new[] { (regions.Eu, regions.Us, "alpha"), (regions.Us, regions.Eu, "beta") })
        {
            var (tenant, marker) = ("tenant-" + name, "marker-of-" + name);

            // The control: at home the same search finds the tenant in the tables that it must have filled, in the files and in the log.
            var rows = await Traces.RowsAsync(home, tenant);
            Assert.Equal(
                ["api_keys", "audit_log", "configuration_generations", "data_source_configs", "sync_data", "sync_jobs", "sync_schedules", "tenant_keys", "tenant_settings", "webhook_deliveries"],
                rows.Keys.Intersect(["api_keys", "audit_log", "configuration_generations", "data_source_configs", "sync_data", "sync_jobs", "sync_schedules", "tenant_keys", "tenant_settings", "webhook_deliveries"]));
            Assert.Equal(300 + 1, rows["sync_data"]);
            Assert.True(await Traces.StandsInDatabaseAsync(home, marker));
            Assert.NotEmpty(await Traces.FilesAsync(storage(home), marker));
            Assert.NotEmpty(await Traces.FilesAsync(storage(home), tenant));
            Assert.True(Traces.StandsInLog(home, tenant));

            // Elsewhere: its region and the number of that setting; no record, no key, no entry of its audit log, no file, no line.
            Assert.Equal(["configuration_generations", "tenant_settings"], (await Traces.RowsAsync(other, tenant)).Keys);
            Assert.Equal(1L, await ScalarAsync(other, "SELECT count(*) FROM tenant_settings WHERE tenant_id = $1 AND region IS NOT NULL AND num_nulls(language, max_concurrent_jobs, requests_per_minute, realtime_bytes) = 4", tenant));
            Assert.False(await Traces.StandsInDatabaseAsync(other, marker));
            Assert.Empty(await Traces.FilesAsync(storage(other), marker));
            Assert.Empty(await Traces.FilesAsync(storage(other), tenant));
            Assert.Empty(await Traces.FilesAsync(other.TempFolder, marker));
            Assert.False(Traces.StandsInLog(other, tenant));
        }
    }

    /// <summary>A source, a sync with a file, a delivery, a schedule and a key.</summary>
    private static async Task WorkAsync(RunningSystem system, string tenant, string name)
    {
        using var client = system.Client(tenant);
        await client.PostAsync("api/sources", system.Source("s", new { query = $"SELECT id, name FROM things WHERE tenant = '{name}' ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        Assert.Contains($"marker-of-{name}-300", await client.ExportAsync(id, "data.jsonl", Ct), StringComparison.Ordinal);
        using (var schedule = await client.SendAsync(Put("api/sources/s/schedule", """{"cron":"0 0 1 1 *","time_zone":"UTC"}"""), Ct)) Assert.Equal(HttpStatusCode.OK, schedule.StatusCode);
        using var keys = system.Client(tenant, scope: "keys.write sync.read");
        await keys.PostAsync("api/api-keys", new { name = "k", scopes = new[] { "sync.read" }, expires_at = DateTimeOffset.UtcNow.AddDays(1) }, HttpStatusCode.Created, Ct);
        using var hooks = new WebhookClient(system, tenant);
        await hooks.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var delivery = (await hooks.SendAsync("hook", SignedDelivery.Sign("github", System.Text.Encoding.UTF8.GetBytes($$"""{"name":"marker-of-{{name}}-hook"}""")))).DeliveryId;
        Assert.Equal("completed", (await hooks.EndAsync(delivery)).GetProperty("status").GetString());
        await RunningSystem.WaitAsync("the audit log to be sealed", async () => await ScalarAsync(system, "SELECT count(*) FROM audit_log WHERE tenant_id = $1", tenant) is > 0L, Ct);
    }

    /// <summary>The same work asked of the wrong region.</summary>
    private static async Task KnockAsync(RunningSystem system, string tenant)
    {
        using var client = system.Client(tenant, scope: "sources.write sync.read sync.write keys.write operator");
        await client.PostAsync("api/sources", system.Source("s", new { table = "things" }), HttpStatusCode.MisdirectedRequest, Ct);
        await client.PostAsync("api/sync/start", new { source_id = "s", output_format = "jsonl" }, HttpStatusCode.MisdirectedRequest, Ct);
        await client.PostAsync("api/api-keys", new { name = "k" }, HttpStatusCode.MisdirectedRequest, Ct);
        await client.GetJsonAsync("api/sync/jobs", Ct, HttpStatusCode.MisdirectedRequest);
        await client.GetJsonAsync($"api/tenants/{tenant}/settings", Ct, HttpStatusCode.MisdirectedRequest);
        using var hooks = new WebhookClient(system, tenant);
        Assert.Equal(401, (await hooks.SendAsync("hook", SignedDelivery.Sign("github", """{"name":"marker-of-nobody"}"""u8.ToArray()))).Status);
    }

    internal static HttpRequestMessage Put(string path, string body)
        => new(HttpMethod.Put, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };

    internal static async Task<object?> ScalarAsync(RunningSystem system, string sql, params object[] values)
    {
        await using var command = system.Database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync(Ct);
    }
}
