using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Change tracking over HTTP: from the setup's SQL to the delta, a schedule that follows, and a deletion that leaves nothing behind.</summary>
public sealed class FollowedTests(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Source_is_set_up_followed_by_hand_and_by_schedule_and_deleted()
    {
        await ExecuteAsync("CREATE TABLE followed (id bigint PRIMARY KEY, name text); INSERT INTO followed SELECT i, 'n' || i FROM generate_series(1, 40) i");
        using var client = system.Running.Client("follower");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "followed" }, new { sync_type = "incremental", output_format = "jsonl" }), HttpStatusCode.Created, Ct);
        var tracking = await client.GetJsonAsync("api/sources/s/tracking", Ct);
        Assert.Equal(("log", false), (tracking.GetProperty("method").GetString(), tracking.GetProperty("available").GetBoolean()));
        Assert.Contains(tracking.GetProperty("checks").EnumerateArray(), c => c.GetProperty("name").GetString() == "publication" && c.GetProperty("message").GetString()!.Contains("datasync_s_", StringComparison.Ordinal));
        var refused = await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
        Assert.Equal("SYNC_380", refused.GetProperty("error_details").GetProperty("error_code").GetString());
        foreach (var statement in tracking.GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
        Assert.True((await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("available").GetBoolean());

        var (job, records) = await SyncAsync(client);
        Assert.Equal(("log", true), (Tracking(job).GetProperty("method").GetString(), Tracking(job).GetProperty("everything").GetBoolean()));
        Assert.Equal(40, records.Length);
        await ExecuteAsync("UPDATE followed SET name = 'changed' WHERE id = 3; DELETE FROM followed WHERE id = 4");
        (job, records) = await SyncAsync(client);
        Assert.False(Tracking(job).GetProperty("everything").GetBoolean());
        Assert.True(Tracking(job).GetProperty("lag_bytes").GetInt64() >= 0);
        Assert.Equal(["update 3", "delete 4"], records.Select(r => JsonElement.Parse(r).GetProperty("_change")).Select(c => $"{c.GetProperty("operation").GetString()} {c.GetProperty("key").GetProperty("id")}"));
        var state = (await client.GetJsonAsync("api/sources/s/state", Ct)).GetProperty("state");
        Assert.Equal(("changes", false), (state.GetProperty("kind").GetString(), state.TryGetProperty("next", out _)));

        var before = (await JobsAsync(client)).Count;
        using (var set = await client.PutAsJsonAsync("api/sources/s/schedule", new { continuous = true }, Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        await ExecuteAsync("INSERT INTO followed VALUES (100, 'by schedule')");
        HashSet<string?> made = [];
        await RunningSystem.WaitAsync("five scheduled jobs", async () =>
        {
            made.Add((await client.GetJsonAsync("api/sources/s/schedule", Ct)).GetProperty("last_job_id").GetString());
            return made.Count > 5;
        }, Ct);
        var jobs = await JobsAsync(client);
        Assert.True(jobs.Count <= before + 3, $"{jobs.Count - before} jobs are left of {made.Count}");
        Assert.Single(jobs, j => j.GetProperty("created_by").GetString() == "schedule" && j.GetProperty("record_count").GetInt64() == 1);

        using (var removed = await client.DeleteAsync("api/sources/s/schedule", Ct)) Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await RunningSystem.WaitAsync("the last job", async () => (await JobsAsync(client)).TrueForAll(j => j.GetProperty("status").GetString() is "completed" or "failed"), Ct);
        Assert.Equal(1, await SlotsAsync());
        using (var deleted = await client.DeleteAsync("api/sources/s", Ct)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(0, await SlotsAsync());
    }

    [Fact]
    public async Task Source_whose_server_does_not_answer_can_be_deleted()
    {
        using var client = system.Running.Client("unreachable");
        var source = new
        {
            source_id = "s", source_type = "database", extraction_params = new { table = "t" },
            connection_params = new { driver = "postgresql", host = "127.0.0.1", port = RunningSystem.FreePort(), database = "d", username = "u", password = "p", tls = "disable" },
        };
        await client.PostAsync("api/sources", source, HttpStatusCode.Created, Ct);
        await client.EndAsync(await client.StartAsync(new { source_id = "s", sync_type = "incremental", timeout_seconds = 2 }, Ct), Ct);
        using var deleted = await client.DeleteAsync("api/sources/s", Ct);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    private static JsonElement Tracking(JsonElement job) => job.GetProperty("change_tracking");

    private static async Task<List<JsonElement>> JobsAsync(HttpClient client) => [.. (await client.GetJsonAsync("api/sync/jobs?source_id=s", Ct)).GetProperty("items").EnumerateArray()];

    private async Task<(JsonElement Job, string[] Records)> SyncAsync(HttpClient client)
    {
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        var path = job.GetProperty("result").GetProperty("exports")[0].GetProperty("path").GetString()!;
        return (job, await File.ReadAllLinesAsync(Path.Combine(system.Running.ExportRoot, path), Ct));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task<long> SlotsAsync()
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()");
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
