using System.Globalization;
using System.Net;
using System.Text.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>What a worker shows to Prometheus, beside what was asked of it.</summary>
[Collection(nameof(WholeSystem))]
public sealed class WorkerMetricsTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_counts_what_became_of_its_jobs()
    {
        using var client = system.Running.Client("counted");
        await client.PostAsync("api/sources", system.Running.Source("few", new { query = "SELECT id FROM things WHERE id <= 10" }), HttpStatusCode.Created, Ct);
        var before = await SettledMetricsAsync();
        var rule = JsonElement.Parse("""{"business_rules":[{"id":"r","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"SEVEN","message":"no"}}]}]}""");
        await client.EndAsync(await client.StartAsync(new { source_id = "few", refinement_config = rule }, Ct), Ct);
        await client.EndAsync(await client.StartAsync(new { source_id = "few", extraction_params = new { query = "SELECT 1 / 0 AS x" } }, Ct), Ct);
        var after = "";

        // A page of metrics may be a moment old.
        await RunningSystem.WaitAsync("the metrics to show both jobs", async () =>
        {
            after = await system.MetricsAsync(Ct);
            return Total(after, "datasync_jobs_total") - Total(before, "datasync_jobs_total") >= 2;
        }, Ct);
        Assert.Equal(
            [1, 1, 9, 1, 2, 2],
            ((string[])["datasync_jobs_total{outcome=completed", "datasync_jobs_total{outcome=failed", "datasync_records_total", "datasync_records_rejected_total", "datasync_job_duration_seconds_count", "datasync_queue_wait_seconds_count"])
                .Select(name => Total(after, name) - Total(before, name)));
        Assert.True(Total(after, "datasync_bytes_total") >= Total(before, "datasync_bytes_total") + (9 * "{\"id\":1}".Length));
        Assert.Contains("http_server", await client.GetStringAsync("metrics", Ct), StringComparison.Ordinal);
    }

    /// <summary>What earlier tests started counts too, once it ends: it is waited for, and a page that may be a moment old.</summary>
    private async Task<string> SettledMetricsAsync()
    {
        var (before, now) = ("", "");
        await RunningSystem.WaitAsync("the jobs of other tests to end and be counted", async () =>
        {
            await using var open = system.Running.Database.Superuser.CreateCommand("SELECT EXISTS (SELECT FROM sync_jobs WHERE status IN ('queued', 'running', 'waiting'))");
            var isBusy = await open.ExecuteScalarAsync(Ct) is true;
            (before, now) = (now, isBusy ? "" : await system.MetricsAsync(Ct));
            if (now.Length > 0 && before.Length > 0 && Total(before, "datasync_jobs_total") == Total(now, "datasync_jobs_total")) return true;
            await Task.Delay(1000, Ct);
            return false;
        }, Ct);
        return now;
    }

    /// <summary>The sum of a metric's lines, those that have a label's value where one is given as <c>name{label=value</c>.</summary>
    private static double Total(string metrics, string name)
    {
        var (metric, label) = name.Split('{') is [var m, var l] ? (m, l.Replace("=", "=\"", StringComparison.Ordinal) + "\"") : (name, "");
        return metrics.Split('\n').Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));
    }
}
