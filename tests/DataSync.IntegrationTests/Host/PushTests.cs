using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Sources;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;
using DataSync.Process.Realtime;

namespace DataSync.IntegrationTests.Host;

/// <summary>The way in for records that come with a call.</summary>
public sealed class PushTests(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>, IAsyncLifetime
{
    private InProcessHost _host = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await InProcessHost.StartAsync(system.Running, Ct);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Realtime_push_is_answered_with_its_records_byte_for_byte()
    {
        using var client = await TenantAsync("push");
        var plan = new SyncPlan { Mode = SyncModes.Realtime, Export = new ExportPlan { Inline = true }, RefinementConfig = JsonElement.Parse("""{"business_rules":[{"id":"r","when":{"==":[{"var":"a"},2]},"then":[{"reject":{"code":"TWO","message":"two"}}]}]}""") };
        var (job, answer) = await _host.RealtimeAsync(InProcessHost.Push("push", plan, """[{"a": 1.10, "b":"\u0000"}, {"a":2}, {"a":9223372036854775808}]"""), Ct);
        Assert.Contains("""{"data":[""" + "\n" + """{"a": 1.10, "b":"\u0000","_original":null},""" + "\n" + """{"a":9223372036854775808,"_original":null}],"rejections":[{"seq":1,"rule_id":"r","code":"TWO","message":"two","field":null,"original":{"a":2}}],"job_id":""", answer, StringComparison.Ordinal);
        Assert.Equal(("completed", "push"), (JsonElement.Parse(answer).GetProperty("status").GetString(), JsonElement.Parse(answer).GetProperty("source_type").GetString()));
        Assert.Equal("completed", (await client.GetJsonAsync($"api/sync/jobs/{job.Id}", Ct)).GetProperty("status").GetString());
        Assert.Equal(0, _host.Get<RealtimeMemory>().Held);
    }

    [Fact]
    public async Task Hybrid_push_exports_its_memory_part_then_commits_the_rest_which_a_worker_exports()
    {
        using var client = await TenantAsync("push-hybrid");
        var payload = "[" + string.Join(",", Enumerable.Range(0, 100).Select(i => $$"""{"id":{{i}},"v":"{{(i % 4 == 0 ? "memory-only" : "stored")}}"}""")) + "]";
        var job = await _host.HybridAsync(InProcessHost.Push("push-hybrid", Hybrid("jsonl"), payload), Ct);
        Assert.Equal(JobStatus.Queued, job.Status);
        Assert.Equal(0, _host.Get<RealtimeMemory>().Held);
        var folder = Path.Combine(system.Running.ExportRoot, "push-hybrid", job.Id.ToString());
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $$"""{"id":{{i * 4}},"v":"memory-only"}"""), await File.ReadAllLinesAsync(Path.Combine(folder, "realtime-data.jsonl"), Ct));
        var ended = await client.EndAsync(job.Id, Ct);
        Assert.True(ended.GetProperty("status").GetString() == "completed", ended.GetRawText());
        Assert.Equal((100, 0), (ended.GetProperty("record_count").GetInt32(), ended.GetProperty("error_count").GetInt32()));
        Assert.Equal((75, 25), (ended.GetProperty("routed").GetProperty("async").GetInt32(), ended.GetProperty("routed").GetProperty("realtime").GetInt32()));
        Assert.Equal(["realtime-data.jsonl", "data.jsonl", "SHA256SUMS", "manifest.json"], ended.GetProperty("result").GetProperty("exports").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Equal(["realtime-data.jsonl", "data.jsonl", "SHA256SUMS", "manifest.json"], (await client.GetJsonAsync($"api/sync/jobs/{job.Id}/exports", Ct)).GetProperty("items").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Equal(100, JsonElement.Parse(await client.ExportAsync(job.Id, "manifest.json", Ct)).GetProperty("records").GetInt32());
        Assert.Equal(75, (await client.ExportAsync(job.Id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var tables = await TableDump.ReadAsync(system.Running.Database, Ct);
        Assert.DoesNotContain("memory-only", tables, StringComparison.Ordinal);
        Assert.Contains("stored", tables, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hybrid_push_counts_rules_over_both_of_its_walks()
    {
        using var client = await TenantAsync("push-counted");
        var plan = Hybrid("jsonl") with { RefinementConfig = JsonElement.Parse("""{"business_rules":[{"id":"third","when":{"==":[{"%":[{"var":"id"},3]},0]},"then":[{"reject":{"code":"T","message":"no"}}]},{"id":"all","then":[{"tag":"t"}]}]}""") };
        var job = await client.EndAsync((await _host.HybridAsync(InProcessHost.Push("push-counted", plan, $"[{string.Join(',', Enumerable.Range(1, 24).Select(i => $$"""{"id":{{i}}}"""))}]"), Ct)).Id, Ct);
        Assert.Equal((16, 8), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));
        Assert.Equal("""[{"rule_id":"third","hits":8,"failed":0,"rejected":8},{"rule_id":"all","hits":16,"failed":0,"rejected":0}]""", job.GetProperty("rules").GetRawText());
    }

    [Fact]
    public async Task Failed_export_of_the_rest_keeps_the_memory_parts_files_for_the_retry()
    {
        using var client = await TenantAsync("push-retry");
        var plan = Hybrid("csv");
        var wide = "{\"id\":5," + string.Join(",", Enumerable.Range(0, 40_000).Select(i => $"\"c{i}\":1")) + "}"; // more columns than a CSV file takes
        var job = await _host.HybridAsync(InProcessHost.Push("push-retry", plan, $$"""[{"id":4},{{wide}}]"""), Ct);
        Assert.Equal("failed", (await client.EndAsync(job.Id, Ct)).GetProperty("status").GetString());
        Assert.Equal("id\r\n4\r\n", await File.ReadAllTextAsync(Path.Combine(system.Running.ExportRoot, "push-retry", job.Id.ToString(), "realtime-data.csv"), Ct));
        Assert.Empty((await client.GetJsonAsync($"api/sync/jobs/{job.Id}/exports", Ct)).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("""[{"id":1}]""", "data.jsonl", "SHA256SUMS", "manifest.json")]
    [InlineData("""[{"id":4}]""", "realtime-data.jsonl", "data.jsonl", "SHA256SUMS", "manifest.json")]
    [InlineData("[]", "data.jsonl", "SHA256SUMS", "manifest.json")]
    public async Task Hybrid_push_with_an_empty_part_is_complete_too(string payload, params string[] files)
    {
        using var client = await TenantAsync("push-part");
        var job = await client.EndAsync((await _host.HybridAsync(InProcessHost.Push("push-part", Hybrid("jsonl"), payload), Ct)).Id, Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal(files, job.GetProperty("result").GetProperty("exports").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Hybrid_push_whose_rest_cannot_be_stored_leaves_no_file_and_no_record()
    {
        using var client = await TenantAsync("push-broken");
        await SqlAsync("DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'public.sync_data'::regclass LOOP EXECUTE 'REVOKE ALL ON ' || t || ' FROM datasync_app'; END LOOP; END $$");
        try
        {
            var failure = await Assert.ThrowsAsync<SyncFailureException>(() => _host.HybridAsync(InProcessHost.Push("push-broken", Hybrid("jsonl"), """[{"id":4},{"id":5}]"""), Ct));
            var job = await client.GetJsonAsync($"api/sync/jobs/{failure.Failure.Params!["job_id"]}", Ct);
            Assert.Equal("failed", job.GetProperty("status").GetString());
            Assert.False(Directory.Exists(Path.Combine(system.Running.ExportRoot, "push-broken", job.GetProperty("job_id").GetString()!)));
        }
        finally
        {
            await SqlAsync("DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'public.sync_data'::regclass LOOP EXECUTE 'GRANT INSERT (job_id, seq, id, source_id, raw_data, refined_data, refined_changes, metadata, sync_timestamp, processed_at) ON ' || t || ' TO datasync_app'; END LOOP; END $$");
        }
    }

    [Fact]
    public async Task Hybrid_push_whose_memory_part_cannot_be_exported_commits_nothing()
    {
        using var client = await TenantAsync("push-full");
        await File.WriteAllTextAsync(Path.Combine(system.Running.ExportRoot, "push-full"), "in the way of the tenant's folder", Ct);
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => _host.HybridAsync(InProcessHost.Push("push-full", Hybrid("jsonl"), """[{"id":4},{"id":5,"v":"never-stored"}]"""), Ct));
        Assert.StartsWith("errors.export.", failure.Failure.MessageKey, StringComparison.Ordinal);
        Assert.DoesNotContain("never-stored", await TableDump.ReadAsync(system.Running.Database, Ct), StringComparison.Ordinal);
        Assert.Equal("failed", (await client.GetJsonAsync($"api/sync/jobs/{failure.Failure.Params!["job_id"]}", Ct)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Payload_that_is_not_JSON_is_refused_and_its_job_failed()
    {
        using var client = await TenantAsync("push-wrong");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => _host.HybridAsync(InProcessHost.Push("push-wrong", Hybrid("jsonl"), "[{"), Ct));
        Assert.Equal("errors.push.not_json", failure.Failure.MessageKey);
        Assert.Equal("failed", (await client.GetJsonAsync($"api/sync/jobs/{failure.Failure.Params!["job_id"]}", Ct)).GetProperty("status").GetString());
    }

    private static SyncPlan Hybrid(string format) => new()
    {
        Mode = SyncModes.Hybrid,
        OutputFormats = [format],
        Routing = new RoutingPlan { Rules = [new RoutingRule(JsonElement.Parse("""{"==":[{"%":[{"var":"id"},4]},0]}"""), SyncModes.Realtime)] },
    };

    private async Task<HttpClient> TenantAsync(string tenant)
    {
        var client = system.Running.Client(tenant);
        using var made = await client.PostAsJsonAsync("api/sources", system.Running.Source("s", new { table = "things" }), Ct);
        Assert.Contains(made.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
        return client;
    }

    private async Task SqlAsync(string sql)
    {
        await using var command = system.Running.Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
