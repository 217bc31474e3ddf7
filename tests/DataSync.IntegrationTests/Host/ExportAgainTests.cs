using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>A job exported again over HTTP: in other formats, from what is stored, beside what it exported first.</summary>
[Collection(nameof(WholeSystem))]
public sealed class ExportAgainTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stored_records_come_out_in_another_format_though_their_source_is_gone_and_the_first_files_stay()
    {
        using var client = system.Running.Client("export-again");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        var rules = JsonElement.Parse("""{"business_rules":[{"id":"even","when":{"==":[{"%":[{"var":"id"},2]},0]},"then":[{"set":{"class":"even"}},{"tag":"even"}]},{"id":"no","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"NO","message":"no"}}]}]}""");
        var id = await client.StartAsync(new { source_id = "s", refinement_config = rules, output_format = "jsonl", export_config = new { include_original = false } }, Ct);
        await client.EndAsync(id, Ct);
        var (first, listed) = (FilesOf("export-again", id), await ListAsync(client, id));
        Guid again;

        // The source goes while its records wait to be read: a job that asks nothing of it does not hold it.
        await using (var superuser = await system.Running.Database.Superuser.OpenConnectionAsync(Ct))
        {
            await using var holding = await superuser.BeginTransactionAsync(Ct);
            await using var hold = new NpgsqlCommand("LOCK TABLE sync_data IN ACCESS EXCLUSIVE MODE", superuser, holding);
            await hold.ExecuteNonQueryAsync(Ct);
            again = await ExportAsync(client, id, """{"output_format":["csv","jsonl"],"timeout_seconds":600}""");
            using var delete = await client.DeleteAsync("api/sources/s", Ct);
            Assert.Equal(HttpStatusCode.NoContent, delete.StatusCode);
        }

        var job = await client.EndAsync(again, Ct);
        Assert.Equal(
            ("completed", "export", id, 0, EndToEndTests.System.Rows - 1),
            (Text(job, "status"), Text(job, "source_type"), job.GetProperty("export_of").GetGuid(), job.GetProperty("record_count").GetInt32(), job.GetProperty("progress").GetProperty("exported").GetInt32()));
        Assert.Equal(["export"], job.GetProperty("history")[0].GetProperty("stages").EnumerateArray().Select(s => Text(s, "stage")));
        Assert.Equal(600, job.GetProperty("config").GetProperty("timeout_seconds").GetInt32());
        Assert.False(job.GetProperty("config").GetProperty("export").GetProperty("include_original").GetBoolean());
        Assert.Equal(await client.ExportAsync(id, "data.jsonl", Ct), await client.ExportAsync(again, "data.jsonl", Ct));
        var csv = await client.ExportAsync(again, "data.csv", Ct);
        Assert.StartsWith("id,name,price,made,tags.a,tags.b,", csv, StringComparison.Ordinal);
        Assert.Equal(first, FilesOf("export-again", id));

        // With the first job both exports are listed and served; with the second, its own.
        var all = await ListAsync(client, id);
        Assert.Equal([.. listed.Select(f => Text(f, "name")), $"{again}.data.csv", $"{again}.data.jsonl", $"{again}.SHA256SUMS", $"{again}.manifest.json"], all.Select(f => Text(f, "name")));
        Assert.Equal(["data.csv", "data.jsonl", "SHA256SUMS", "manifest.json"], (await ListAsync(client, again)).Select(f => Text(f, "name")));
        foreach (var file in all)
        {
            var bytes = await client.GetByteArrayAsync($"api/sync/jobs/{id}/exports/{Text(file, "name")}", Ct);
            Assert.Equal(Text(file, "sha256"), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }

        var link = await client.PostAsync($"api/sync/jobs/{id}/exports/{again}.data.csv/link", new { }, HttpStatusCode.OK, Ct);
        using var nobody = new HttpClient { BaseAddress = client.BaseAddress };
        Assert.Equal(csv, await nobody.GetStringAsync(Text(link, "url")[1..], Ct));
    }

    [Fact]
    public async Task Only_a_completed_job_that_stored_everything_is_exported_again_and_only_by_its_tenant()
    {
        using var client = system.Running.Client("again-refused");
        using var chinese = system.Running.Client("again-refused", language: "zh-CN");
        using var stranger = system.Running.Client("again-stranger");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        await client.PostAsync("api/sources", system.Running.Source("slow", new { query = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i" }), HttpStatusCode.Created, Ct);
        var running = await client.StartAsync(new { source_id = "slow" }, Ct);
        foreach (var (asker, words) in new[] { (client, "not all stored yet"), (chinese, "尚未全部存储") })
        {
            var refused = await asker.PostAsync($"api/sync/jobs/{running}/exports", new { output_format = "csv" }, HttpStatusCode.Conflict, Ct);
            Assert.Equal("errors.export.not_ended", Text(refused, "message_key"));
            Assert.Contains(words, Text(refused, "message"), StringComparison.Ordinal);
        }

        await client.PostAsync($"api/sync/jobs/{running}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        await client.EndAsync(running, Ct);
        Assert.Equal("errors.export.not_completed", await RefusedAsync(client, running));
        var realtime = await client.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", output_format = "jsonl" }, HttpStatusCode.OK, Ct);
        Assert.Equal("errors.export.not_stored", await RefusedAsync(client, realtime.GetProperty("job_id").GetGuid()));
        var hybrid = await client.StartAsync(new { source_id = "s", mode = "hybrid" }, Ct);
        await client.EndAsync(hybrid, Ct);
        Assert.Equal("errors.export.not_stored", await RefusedAsync(client, hybrid));

        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
        await client.EndAsync(id, Ct);
        var first = await ExportAsync(client, id, """{"output_format":"csv"}""", "key");
        Assert.Equal(first, await ExportAsync(client, id, """{"output_format":"csv"}""", "key"));
        await client.EndAsync(first, Ct);
        Assert.Equal("errors.export.of_export", await RefusedAsync(client, first));
        var faults = await client.PostAsync(
            $"api/sync/jobs/{id}/exports", JsonElement.Parse("""{"output_format":["xml","xml"],"export_config":{"compression":"rar","inline":true},"mode":"async","timeout_seconds":0}"""), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(
            ["/export_config/compression", "/export_config/compression", "/export_config/inline", "/mode", "/output_format", "/output_format/0", "/output_format/1", "/output_format/1", "/timeout_seconds"],
            faults.GetProperty("errors").EnumerateArray().Select(e => Text(e, "path")).Order(StringComparer.Ordinal));

        await stranger.PostAsync($"api/sync/jobs/{id}/exports", new { output_format = "csv" }, HttpStatusCode.NotFound, Ct);
        foreach (var path in (string[])[$"{id}/exports/{first}.data.csv", $"{first}/exports/data.csv"])
        {
            using var answer = await stranger.GetAsync($"api/sync/jobs/{path}", Ct);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        // One's own job is none of the files of another job of one's own.
        using var other = await client.GetAsync($"api/sync/jobs/{hybrid}/exports/{first}.data.csv", Ct);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Pages_of_the_list_go_on_over_the_exports()
    {
        using var client = system.Running.Client("again-paged");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
        await client.EndAsync(id, Ct);
        foreach (var format in (string[])["csv", "json"]) await client.EndAsync(await ExportAsync(client, id, $$"""{"output_format":"{{format}}"}"""), Ct);
        List<string> names = [];
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await client.GetJsonAsync($"api/sync/jobs/{id}/exports?page_size=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}", Ct);
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(f => Text(f, "name")));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        Assert.Equal((await ListAsync(client, id)).Select(f => Text(f, "name")), names);
        Assert.Equal(9, names.Count);
    }

    /// <summary>What lies in a job's folder, and since when.</summary>
    private SortedDictionary<string, (string, DateTime)> FilesOf(string tenant, Guid job)
        => new(Directory.GetFiles(Path.Combine(system.Running.ExportRoot, tenant, job.ToString("D"))).ToDictionary(f => f, f => (File.ReadAllText(f), File.GetLastWriteTimeUtc(f)), StringComparer.Ordinal), StringComparer.Ordinal);

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(HttpClient client, Guid job)
        => [.. (await client.GetJsonAsync($"api/sync/jobs/{job}/exports", Ct)).GetProperty("items").EnumerateArray()];

    private static async Task<string> RefusedAsync(HttpClient client, Guid job)
        => Text(await client.PostAsync($"api/sync/jobs/{job}/exports", new { output_format = "csv" }, HttpStatusCode.Conflict, Ct), "message_key");

    private static async Task<Guid> ExportAsync(HttpClient client, Guid job, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/sync/jobs/{job}/exports") { Content = JsonContent.Create(JsonElement.Parse(body)) };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
        var made = JsonElement.Parse(text).GetProperty("job_id").GetGuid();
        Assert.Equal($"/api/sync/jobs/{made}", answer.Headers.Location?.ToString());
        return made;
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
