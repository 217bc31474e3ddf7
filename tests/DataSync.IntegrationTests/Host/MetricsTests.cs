using System.Net;
using System.Text.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>A tenant's summary over HTTP, beside the jobs that the API itself lists.</summary>
[Collection(nameof(WholeSystem))]
public sealed class MetricsTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Summary_is_right_to_the_job_and_shows_the_targets()
    {
        using var client = system.Running.Client("measured");
        await client.PostAsync("api/sources", system.Running.Source("few", new { query = "SELECT id FROM things WHERE id <= 10" }), HttpStatusCode.Created, Ct);
        await client.PostAsync("api/sources", system.Running.Source("more", new { query = "SELECT id FROM things WHERE id <= 30" }), HttpStatusCode.Created, Ct);
        var rule = JsonElement.Parse("""{"business_rules":[{"id":"r","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"SEVEN","message":"no"}}]}]}""");
        await client.EndAsync(await client.StartAsync(new { source_id = "few", refinement_config = rule }, Ct), Ct);
        await client.EndAsync(await client.StartAsync(new { source_id = "more" }, Ct), Ct);
        await client.PostAsync("api/sync/start", new { source_id = "few", mode = "realtime", export_config = new { inline = true } }, HttpStatusCode.OK, Ct);
        var failed = await client.EndAsync(await client.StartAsync(new { source_id = "few", extraction_params = new { query = "SELECT 1 / 0 AS x" } }, Ct), Ct);
        var jobs = (await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray().ToList();
        var completed = jobs.Where(j => j.GetProperty("status").GetString() == "completed").ToList();
        var summary = await client.GetJsonAsync("api/metrics/summary?window=1h", Ct);
        Assert.Equal((4, 3, 1, 0), (Count("jobs"), Count("completed"), Count("failed"), Count("cancelled")));
        Assert.Equal((0.75, 0.25), (summary.GetProperty("success_rate").GetDouble(), summary.GetProperty("error_rate").GetDouble()));
        Assert.Equal(completed.Average(j => j.GetProperty("duration_ms").GetInt64()), summary.GetProperty("average_duration_ms").GetDouble(), 1.0);
        Assert.InRange(summary.GetProperty("duration_ms").GetProperty("max").GetInt64() - completed.Max(j => j.GetProperty("duration_ms").GetInt64()), -1, 1);
        Assert.Equal((jobs.Sum(j => j.GetProperty("record_count").GetInt64()), 1L), (summary.GetProperty("records").GetInt64(), Count("rejected")));
        Assert.True(Count("bytes") > 0);
        var error = Assert.Single(summary.GetProperty("errors").EnumerateArray());
        Assert.Equal(failed.GetProperty("error_details").GetProperty("error_type").GetString(), error.GetProperty("error_type").GetString());
        Assert.Equal(failed.GetProperty("error_details").GetProperty("error_code").GetString(), Assert.Single(error.GetProperty("codes").EnumerateArray()).GetProperty("error_code").GetString());
        var targets = summary.GetProperty("targets");
        Assert.Equal((0.95, false, 300_000, true), (targets.GetProperty("success_rate").GetProperty("target").GetDouble(), targets.GetProperty("success_rate").GetProperty("met").GetBoolean(),
            targets.GetProperty("average_duration_ms").GetProperty("target").GetInt32(), targets.GetProperty("average_duration_ms").GetProperty("met").GetBoolean()));
        Assert.Equal(1, (await client.GetJsonAsync("api/metrics/summary?window=1h&source_id=more", Ct)).GetProperty("jobs").GetInt32());
        Assert.Equal(0, (await client.GetJsonAsync("api/metrics/summary?window=1h&until=2026-01-01T00:00:00Z", Ct)).GetProperty("jobs").GetInt32());

        // Retried, it has not ended; once it has, it counts again, and once.
        var id = failed.GetProperty("job_id").GetGuid();
        await client.PostAsync($"api/sync/jobs/{id}/retry", new { }, HttpStatusCode.Accepted, Ct);
        await client.EndAsync(id, Ct);
        summary = await client.GetJsonAsync("api/metrics/summary", Ct);
        Assert.Equal((4, 1), (Count("jobs"), Count("failed")));

        long Count(string name) => summary.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task Tenant_without_jobs_is_told_nothing_of_others()
    {
        using var other = system.Running.Client("busy");
        await other.PostAsync("api/sources", system.Running.Source("few", new { query = "SELECT id FROM things WHERE id <= 10" }), HttpStatusCode.Created, Ct);
        await other.EndAsync(await other.StartAsync(new { source_id = "few" }, Ct), Ct);
        using var client = system.Running.Client("idle");
        foreach (var query in (string[])["", "?window=520w", "?source_id=few"])
        {
            var summary = await client.GetJsonAsync("api/metrics/summary" + query, Ct);
            Assert.Equal(("idle", 0, 0), (summary.GetProperty("tenant_id").GetString(), summary.GetProperty("jobs").GetInt32(), summary.GetProperty("records").GetInt32()));
            foreach (var nothing in (string[])["success_rate", "error_rate", "average_duration_ms"]) Assert.Equal(JsonValueKind.Null, summary.GetProperty(nothing).ValueKind);
            Assert.Equal(JsonValueKind.Null, summary.GetProperty("targets").GetProperty("success_rate").GetProperty("met").ValueKind);
        }
    }

    [Theory]
    [InlineData("window=0d", "query/window")]
    [InlineData("window=5", "query/window")]
    [InlineData("window=-5m", "query/window")]
    [InlineData("window=11000d", "query/window")]
    [InlineData("window=99999999w", "query/window")]
    [InlineData("until=yesterday", "query/until")]
    [InlineData("until=2026-01-31T08:00:00", "query/until")]
    [InlineData("windows=5m", "query/windows")]
    public async Task Wrong_windows_are_refused_by_name(string query, string path)
    {
        using var client = system.Running.Client("wrong");
        var problem = await client.GetJsonAsync("api/metrics/summary?" + query, Ct, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(path, Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("path").GetString());
    }
}
