using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Schedules as users see them: over HTTP, and run by real workers that are killed.</summary>
public sealed class ScheduleTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private const int Kills = 6;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Schedule_is_set_shown_replaced_and_removed()
    {
        using var client = system.Client("crud");
        await client.PostAsync("api/sources", system.Source("a/b", new { table = "t" }), HttpStatusCode.Created, Ct);
        const string Path = "api/sources/a%2Fb/schedule";
        Assert.Equal("SYNC_352", (await client.GetJsonAsync(Path, Ct, HttpStatusCode.NotFound)).GetProperty("error_code").GetString());
        var set = await PutAsync(client, Path, new { cron = "30 2 * * *", time_zone = "Europe/Berlin" });
        Assert.Equal(("30 2 * * *", "Europe/Berlin", "waiting"), (Text(set, "cron"), Text(set, "time_zone"), Text(set, "state")));
        var next = set.GetProperty("next_run_at").GetDateTimeOffset();
        Assert.True(next > DateTimeOffset.UtcNow && next < DateTimeOffset.UtcNow.AddHours(26), $"next run at {next}");
        Assert.Equal(set.GetRawText(), (await client.GetJsonAsync(Path, Ct)).GetRawText());
        using (var replaced = await client.PutAsJsonAsync("api/sources/a%2Fb", system.Source("a/b", new { table = "u" }), Ct)) Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.Equal("30 2 * * *", Text(await client.GetJsonAsync(Path, Ct), "cron"));
        Assert.True((await PutAsync(client, Path, new { continuous = true })).GetProperty("continuous").GetBoolean());
        using (var removed = await client.DeleteAsync(Path, Ct)) Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using (var again = await client.DeleteAsync(Path, Ct)) Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        await PutAsync(client, Path, new { cron = "0 0 * * *", time_zone = "UTC" });
        using (var gone = await client.DeleteAsync("api/sources/a%2Fb", Ct)) Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        await client.PostAsync("api/sources", system.Source("a/b", new { table = "t" }), HttpStatusCode.Created, Ct);
        await client.GetJsonAsync(Path, Ct, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Refusals_are_clear_and_in_the_callers_language()
    {
        using var client = system.Client("refused", language: "zh-CN");
        await client.PostAsync("api/sources", system.Source("live", new { table = "t" }, new { mode = "realtime" }), HttpStatusCode.Created, Ct);
        using (var realtime = await client.PutAsJsonAsync("api/sources/live/schedule", new { continuous = true }, Ct))
        {
            var problem = JsonElement.Parse(await realtime.Content.ReadAsStringAsync(Ct));
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "SYNC_350"), (realtime.StatusCode, Text(problem, "error_code")));
            Assert.Contains("realtime 模式", Text(problem, "message"), StringComparison.Ordinal);
        }

        await client.PostAsync("api/sources", system.Source("bare", new { }), HttpStatusCode.Created, Ct);
        using (var bare = await client.PutAsJsonAsync("api/sources/bare/schedule", new { continuous = true }, Ct))
        {
            var problem = JsonElement.Parse(await bare.Content.ReadAsStringAsync(Ct));
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "SYNC_351"), (bare.StatusCode, Text(problem, "error_code")));
            Assert.Equal("/extraction_params", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("path").GetString());
        }

        using var reader = system.Client("refused", scope: "sync.read");
        using var forbidden = await reader.PutAsJsonAsync("api/sources/bare/schedule", new { continuous = true }, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    [Fact]
    public async Task Workers_killed_again_and_again_neither_lose_nor_double_a_run()
    {
        await using (var source = NpgsqlDataSource.Create(system.SourceDatabase))
        await using (var make = source.CreateCommand("CREATE TABLE ticks AS SELECT i AS id FROM generate_series(1, 200) i"))
        {
            await make.ExecuteNonQueryAsync(Ct);
        }

        using var client = system.Client("ticks");
        string[] sources = ["always", "second"];
        foreach (var id in sources) await client.PostAsync("api/sources", system.Source(id, new { table = "ticks" }, new { output_format = "jsonl" }), HttpStatusCode.Created, Ct);
        await PutAsync(client, "api/sources/always/schedule", new { continuous = true });
        await PutAsync(client, "api/sources/second/schedule", new { cron = "* * * * * *", time_zone = "America/New_York" });
        var random = new Random(Environment.TickCount);
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = await EndedAsync();
            await using var worker = system.Start("worker", ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000"));
            await RunningSystem.WaitAsync(() => $"two more runs of both; {worker.Log}", async () => (await EndedAsync()).Zip(before).All(p => p.First >= p.Second + 2), Ct, seconds: 120);
            await Task.Delay(random.Next(0, 300), Ct);
            await worker.KillAsync(Ct);
        }

        foreach (var id in sources)
        {
            using var removed = await client.DeleteAsync($"api/sources/{id}/schedule", Ct);
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }

        await using var last = system.Start("worker", ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000"));
        await RunningSystem.WaitAsync(() => $"every job to end; {last.Log}", async () => await CountAsync("completed_at IS NULL") == 0, Ct, seconds: 120);
        Assert.Equal(0, await CountAsync("status <> 'completed' OR record_count <> 200 OR created_by <> 'schedule'"));
        Assert.Equal(0, await OverlapsAsync());
        Assert.True(await CountAsync("true") >= 2 * 2 * Kills);
    }

    private async Task<long[]> EndedAsync() => [await CountAsync("source_id = 'always' AND status = 'completed'"), await CountAsync("source_id = 'second' AND status = 'completed'")];

    private async Task<long> CountAsync(string condition)
    {
        await using var count = system.Database.Superuser.CreateCommand($"SELECT count(*) FROM sync_jobs WHERE tenant_id = 'ticks' AND ({condition})");
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>Jobs of a source that were made before the one before them had ended. Process and database of this machine have one clock.</summary>
    private async Task<long> OverlapsAsync()
    {
        await using var count = system.Database.Superuser.CreateCommand("""
            SELECT count(*) FROM (SELECT created_at, lag(completed_at) OVER (PARTITION BY source_id ORDER BY created_at) AS before FROM sync_jobs WHERE tenant_id = 'ticks') j
            WHERE created_at < before
            """);
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }

    private static async Task<JsonElement> PutAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PutAsJsonAsync(path, body, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    private static string? Text(JsonElement of, string member) => of.GetProperty(member).GetString();
}
