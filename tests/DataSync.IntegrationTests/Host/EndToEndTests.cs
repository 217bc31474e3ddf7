using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Alerts;
using DataSync.IntegrationTests.Prism;
using DataSync.Tests;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The whole way, over HTTP: a customer's table becomes checked, exported files.</summary>
[Collection(nameof(WholeSystem))]
public sealed class EndToEndTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Table_becomes_files_that_hold_every_record_as_it_was()
    {
        using var client = system.Running.Client("acme");
        await WalkAsync(client, asSent: true);
    }

    /// <summary>A proxy of another make stands between, and lets through only what the document in <c>docs/</c> allows, of requests and of answers.</summary>
    [Fact]
    public async Task Whole_walk_is_as_the_API_document_says()
    {
        await using var prism = await PrismProxy.StartAsync(Path.Combine(Repository.Root, "docs", "openapi.json"), system.Running.Address, Ct);
        using var client = system.Running.Client("described", address: prism.Url);
        var id = await WalkAsync(client, asSent: false); // the proxy reads JSON and writes it anew
        var rules = JsonElement.Parse("""{"business_rules":[{"id":"no-seven","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"SEVEN","message":"seven is not wanted"}}]}]}""");
        var again = await client.StartAsync(new { source_id = "things", refinement_config = rules, output_format = "jsonl", extraction_params = new { query = "SELECT id FROM things WHERE id < 10 ORDER BY id" } }, Ct);
        await client.EndAsync(again, Ct);
        foreach (var path in (string[])
            [
                $"jobs/{id}/records?page_size=2", $"jobs/{again}/rejections", $"jobs/{again}/rejections/6", $"jobs/{id}/enrichments", "jobs?status=completed",
            ])
        {
            await client.GetJsonAsync($"api/sync/{path}", Ct);
        }

        foreach (var path in (string[])["", "/things", "/things/state", "/things/schema", "/things/tracking"]) await client.GetJsonAsync($"api/sources{path}", Ct);
        using (var tested = await client.PostAsync("api/sources/things/test", null, Ct)) Assert.Equal(HttpStatusCode.OK, tested.StatusCode);
        await client.PostAsync("api/sources/things/preview", new { row_limit = 2 }, HttpStatusCode.OK, Ct);
        await client.PostAsync("api/sync/start", new { source_id = "things", mode = "realtime", export_config = new { inline = true }, extraction_params = new { query = "SELECT id FROM things WHERE id < 3" } }, HttpStatusCode.OK, Ct);
        foreach (var path in (string[])["api/tenant/settings", "api/ai/usage", "api/webhooks/deliveries", "api/label-studio/projects", "errors/SYNC_100", "health/live", "health/ready"]) await client.GetJsonAsync(path, Ct);

        using (var officer = system.Running.Client("described", scope: "privacy", address: prism.Url))
        {
            await officer.PostAsync("api/privacy/subjects/preview", new { value = "somebody", match = "within" }, HttpStatusCode.OK, Ct);
            var request = (await officer.PostAsync("api/privacy/subjects/erase", new { value = "nobody@example.com" }, HttpStatusCode.Accepted, Ct)).GetProperty("request_id").GetGuid();
            foreach (var path in (string[])[$"requests/{request}", "retention"]) await officer.GetJsonAsync($"api/privacy/{path}", Ct);
        }

        // Refusals are described, too.
        await client.PostAsync("api/sync/start", new { source_id = "nowhere" }, HttpStatusCode.NotFound, Ct);
        using (var retried = await client.PostAsync($"api/sync/jobs/{id}/retry", null, Ct)) Assert.Equal(HttpStatusCode.Conflict, retried.StatusCode);
        using (var stranger = system.Running.Client("described", scope: "sync.write", address: prism.Url)) await stranger.GetJsonAsync("api/sources", Ct, HttpStatusCode.Forbidden);

        // And the proxy does look: what the document does not allow never arrives; the server's own refusal would be of another type.
        var refused = await client.GetJsonAsync("api/sync/jobs?page_size=0", Ct, HttpStatusCode.UnprocessableEntity);
        Assert.Contains("prism", refused.GetProperty("type").GetString(), StringComparison.Ordinal);
    }

    private async Task<Guid> WalkAsync(HttpClient client, bool asSent)
    {
        await client.PostAsync("api/sources", system.Running.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "things", output_format = new[] { "json", "jsonl", "csv" } }, Ct), Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal(System.Rows, job.GetProperty("record_count").GetInt64());
        var id = job.GetProperty("job_id").GetGuid();
        var lines = (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await system.ExpectedAsync(Ct), lines);
        var manifest = JsonElement.Parse(await client.ExportAsync(id, "manifest.json", Ct));
        foreach (var file in (await client.GetJsonAsync($"api/sync/jobs/{id}/exports", Ct)).GetProperty("items").EnumerateArray())
        {
            var bytes = await client.GetByteArrayAsync($"api/sync/jobs/{id}/exports/{file.GetProperty("name").GetString()}", Ct);
            if (!asSent && file.GetProperty("name").GetString()!.EndsWith(".json", StringComparison.Ordinal)) continue;
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
            Assert.Equal(file.GetProperty("bytes").GetInt64(), bytes.Length);
        }

        Assert.NotEqual(JsonValueKind.Undefined, manifest.ValueKind);
        return id;
    }

    [Fact]
    public async Task Stored_images_become_a_divided_dataset_of_coco_and_parquet()
    {
        using var client = system.Running.Client("images");
        var query = """
            SELECT n AS id, n || '.png' AS file_name, 100 AS width, 50 AS height,
                   jsonb_build_array(jsonb_build_object('category', 'c' || n % 3, 'bbox', jsonb_build_array(n, 2, 3, 4)), jsonb_build_object('category', 'sky', 'segmentation', '[[0,0,10,0,10,10]]'::jsonb)) AS annotations
            FROM generate_series(1, 40) AS n ORDER BY n
            """;
        await client.PostAsync("api/sources", system.Running.Source("images", new { query }), HttpStatusCode.Created, Ct);
        var config = new { compression = "gzip", split = new { train = 75, test = 25, key = "id" }, dataset = new { name = "Images", description = "Forty.", license = "cc0-1.0", creator = "Acme", url = "https://example.com" } };
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "images", output_format = new[] { "parquet", "coco" }, export_config = config }, Ct), Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        var id = job.GetProperty("job_id").GetGuid();
        var files = (await client.GetJsonAsync($"api/sync/jobs/{id}/exports", Ct)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(
            ["train-data.parquet", "test-data.parquet", "train-coco.json.gz", "train-coco-report.json.gz", "test-coco.json.gz", "test-coco-report.json.gz", "croissant.json", "README.md", "SHA256SUMS", "manifest.json"],
            files.Select(f => f.GetProperty("name").GetString()));
        Assert.Equal([40, 40], files.Take(6).GroupBy(f => f.GetProperty("format").GetString(), (_, parts) => parts.Sum(f => f.GetProperty("records").GetInt32())));
        foreach (var file in files.Take(2))
        {
            using var answer = await client.GetAsync($"api/sync/jobs/{id}/exports/{file.GetProperty("name").GetString()}", Ct);
            Assert.Equal("application/vnd.apache.parquet", answer.Content.Headers.ContentType!.MediaType);
            var bytes = await answer.Content.ReadAsByteArrayAsync(Ct);
            Assert.Equal(("PAR1", "PAR1"), (Encoding.ASCII.GetString(bytes[..4]), Encoding.ASCII.GetString(bytes[^4..])));
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }

        var croissant = JsonElement.Parse(await client.ExportAsync(id, "croissant.json", Ct));
        Assert.Equal("application/vnd.apache.parquet", croissant.GetProperty("distribution")[0].GetProperty("encodingFormat").GetString());
    }

    [Fact]
    public async Task Rules_change_tag_and_refuse_records_and_the_originals_stay()
    {
        using var client = system.Running.Client("rules");
        await client.PostAsync("api/sources", system.Running.Source("things", new { query = "SELECT id, name, price FROM things WHERE id <= @last ORDER BY id", parameters = new { last = 10 } }), HttpStatusCode.Created, Ct);
        var rules = JsonElement.Parse("""
            {"business_rules":[
              {"id":"even","when":{"==":[{"%":[{"var":"id"},2]},0]},"then":[{"set":{"class":"even"}},{"tag":"even"}]},
              {"id":"no-seven","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"SEVEN","message":"seven is not wanted"}}]}]}
            """);
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "things", refinement_config = rules, output_format = "jsonl" }, Ct), Ct);
        var id = job.GetProperty("job_id").GetGuid();
        Assert.Equal((9, 1), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));
        var refused = (await client.GetJsonAsync($"api/sync/jobs/{id}/rejections", Ct)).GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("no-seven", "SEVEN", "seven is not wanted", 7), (refused.GetProperty("rule_id").GetString(), refused.GetProperty("code").GetString(), refused.GetProperty("message").GetString(), refused.GetProperty("original").GetProperty("id").GetInt32()));
        var records = (await client.GetJsonAsync($"api/sync/jobs/{id}/records?page_size=4", Ct));
        Assert.Equal(4, records.GetProperty("items").GetArrayLength());
        var second = records.GetProperty("items")[1];
        Assert.Equal("even", second.GetProperty("refined_data").GetProperty("class").GetString());
        Assert.False(second.GetProperty("raw_data").TryGetProperty("class", out _));
        Assert.Equal("""{"tags":["even"]}""", second.GetProperty("metadata").GetRawText());
        var rest = await client.GetJsonAsync($"api/sync/jobs/{id}/records?page_size=1000&cursor={records.GetProperty("next_cursor").GetString()}", Ct);
        Assert.Equal(5, rest.GetProperty("items").GetArrayLength());
        var one = await client.GetJsonAsync($"api/sync/jobs/{id}/records?ids={second.GetProperty("id").GetString()}", Ct);
        Assert.Equal(second.GetRawText(), one.GetProperty("items").EnumerateArray().Single().GetRawText());
        Assert.Equal(9, (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Progress_is_streamed_until_the_job_ends()
    {
        using var client = system.Running.Client("events");
        await client.PostAsync("api/sources", system.Running.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "things" }, Ct);
        using var stream = await client.GetAsync($"api/sync/jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType!.MediaType);
        var text = await stream.Content.ReadAsStringAsync(Ct);
        var last = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1].Split('\n');
        Assert.Equal("event: end", last[0]);
        Assert.Equal("completed", JsonElement.Parse(last[1]["data: ".Length..]).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Same_idempotency_key_makes_one_job()
    {
        using var client = system.Running.Client("twice");
        await client.PostAsync("api/sources", system.Running.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "k1");
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            while (true)
            {
                using var answer = await client.PostAsJsonAsync("api/sync/start", new { source_id = "things" }, Ct);
                if (answer.StatusCode == HttpStatusCode.Conflict) continue;
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                return JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct)).GetProperty("job_id").GetGuid();
            }
        }));
        Assert.Single(answers.Distinct());
        client.DefaultRequestHeaders.Remove("Idempotency-Key");
        Assert.Equal(1, (await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Failure_is_worded_in_the_readers_language_and_says_what_to_do()
    {
        using var english = system.Running.Client("broken");
        await english.PostAsync("api/sources", system.Running.Source("gone", new { table = "no_such_table" }), HttpStatusCode.Created, Ct);
        var job = await english.EndAsync(await english.StartAsync(new { source_id = "gone" }, Ct), Ct);
        Assert.Equal("failed", job.GetProperty("status").GetString());
        var error = job.GetProperty("error_details");
        Assert.Equal("errors.extraction.undefined_table", error.GetProperty("message_key").GetString());
        using var chinese = system.Running.Client("broken", language: "zh-CN");
        var again = await chinese.GetJsonAsync($"api/sync/jobs/{job.GetProperty("job_id").GetGuid()}", Ct);
        Assert.NotEqual(error.GetProperty("message").GetString(), again.GetProperty("error_details").GetProperty("message").GetString());
        Assert.Contains(again.GetProperty("error_details").GetProperty("message").GetString()!, c => c is >= '\u4e00' and <= '\u9fff');
    }

    [Fact]
    public async Task Running_job_is_cancelled_within_two_seconds()
    {
        using var client = system.Running.Client("slow");
        await client.PostAsync("api/sources", system.Running.Source("slow", new { query = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "slow", processing_rules = new { batch_size = 5 } }, Ct);
        await RunningSystem.WaitAsync("the job to run", async () => (await client.GetJsonAsync($"api/sync/jobs/{id}", Ct)).GetProperty("record_count").GetInt64() > 0, Ct);
        await client.PostAsync($"api/sync/jobs/{id}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        var began = DateTimeOffset.UtcNow;
        var job = await client.EndAsync(id, Ct);
        Assert.Equal("cancelled", job.GetProperty("status").GetString());
        Assert.True(DateTimeOffset.UtcNow - began < TimeSpan.FromSeconds(2));
        Assert.Empty((await client.GetJsonAsync($"api/sync/jobs/{id}/exports", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Source_that_breaks_after_its_first_records_and_cannot_go_on_is_read_again()
    {
        using var client = system.Running.Client("broken off");
        const string Query = "SELECT i, repeat('x', 20000) AS filler, CASE WHEN i = 20 THEN pg_sleep(2)::text END AS pause FROM generate_series(1, 30) i";
        await client.PostAsync("api/sources", system.Running.Source("breaks", new { query = Query }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "breaks", processing_rules = new { batch_size = 5 }, output_format = "jsonl" }, Ct);
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await RunningSystem.WaitAsync("the query to pause", async () =>
        {
            await using var end = source.CreateCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event = 'PgSleep' AND query LIKE '%AS filler%'");
            return await end.ExecuteScalarAsync(Ct) is true;
        }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.Equal(("completed", 30), (job.GetProperty("status").GetString(), job.GetProperty("record_count").GetInt32()));
        Assert.Equal(
            Enumerable.Range(1, 30),
            (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l).GetProperty("i").GetInt32()));
    }

    [Fact]
    public async Task Failed_job_is_retried_by_its_owner_alone_and_a_completed_one_by_nobody()
    {
        using var client = system.Running.Client("again");
        using var stranger = system.Running.Client("stranger");
        await client.PostAsync("api/sources", system.Running.Source("later", new { table = "not_yet" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "later" }, Ct);
        Assert.Equal("failed", (await client.EndAsync(id, Ct)).GetProperty("status").GetString());
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var make = source.CreateCommand("CREATE TABLE not_yet AS SELECT 1 AS id");
        await make.ExecuteNonQueryAsync(Ct);
        await stranger.PostAsync($"api/sync/jobs/{id}/retry", new { }, HttpStatusCode.NotFound, Ct);
        await client.PostAsync($"api/sync/jobs/{id}/retry", new { }, HttpStatusCode.Accepted, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.Equal(("completed", 1, JsonValueKind.Null), (job.GetProperty("status").GetString(), job.GetProperty("record_count").GetInt32(), job.GetProperty("error_details").ValueKind));
        var history = job.GetProperty("history").EnumerateArray().ToList();
        Assert.Equal(["failed", "completed"], history.Select(a => a.GetProperty("outcome").GetString()));
        Assert.Equal("SYNC_022", history[0].GetProperty("error_details").GetProperty("error_code").GetString());
        Assert.Equal(["extract", "export"], history[1].GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("stage").GetString()));
        var refused = await client.PostAsync($"api/sync/jobs/{id}/retry", new { }, HttpStatusCode.Conflict, Ct);
        Assert.Equal("errors.job.not_failed", refused.GetProperty("message_key").GetString());
    }

    [Fact]
    public async Task Job_beyond_its_time_fails_with_a_timeout()
    {
        using var client = system.Running.Client("late");
        await client.PostAsync("api/sources", system.Running.Source("slow", new { query = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i" }), HttpStatusCode.Created, Ct);
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "slow", timeout_seconds = 1 }, Ct), Ct);
        Assert.Equal("errors.job.timeout", job.GetProperty("error_details").GetProperty("message_key").GetString());
    }

    [Fact]
    public async Task Dashboard_opens_for_operators_only()
    {
        using var stranger = system.Running.Client("acme");
        using var refused = await stranger.GetAsync("hangfire", Ct);
        Assert.Contains(refused.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden]);
    }

    [Fact]
    public async Task Logs_tell_the_correlation_and_hold_no_payload()
    {
        using var client = system.Running.Client("watched");
        await client.PostAsync("api/sources", system.Running.Source("secretive", new { query = "SELECT 'canary-payload-5150' AS value" }), HttpStatusCode.Created, Ct);
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "secretive" }, Ct), Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        foreach (var process in system.Running.Processes)
        {
            Assert.DoesNotContain("canary-payload-5150", process.Log, StringComparison.Ordinal);
        }

        Assert.Contains(system.Running.Processes, p => p.Log.Contains(job.GetProperty("correlation_id").GetString()!, StringComparison.Ordinal));
    }

    /// <summary>The system with one worker and a table to read.</summary>
    public sealed class System : IAsyncLifetime
    {
        public const int Rows = 5000;

        private readonly string _worker = $"http://127.0.0.1:{RunningSystem.FreePort()}";

        public RunningSystem Running { get; } = new();

        /// <summary>Whoever is told of alerts.</summary>
        internal AlertReceivers Told { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Told = await AlertReceivers.StartAsync(Ct);
            Running.Settings.AddRange(Told.Settings);
            Running.Settings.AddRange([("DATASYNC_SLOT_LOOK_SECONDS", "5"), ("DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS", "100000"), ("DATASYNC_ANONYMOUS_PER_SECOND", "100000")]); // every route is asked with a dozen bad tokens
            await Running.InitializeAsync();
            await using var source = NpgsqlDataSource.Create(Running.SourceDatabase);
            await using var make = source.CreateCommand($$"""
                CREATE TABLE things (id bigint PRIMARY KEY, name text, price numeric(30,10), made timestamptz, tags jsonb);
                INSERT INTO things SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE E'名前 "' || i || E'",\nzweite Zeile 😀' END, i * 1.10, timestamptz '2024-02-29 23:59:59.123456+00' + i * interval '1 second',
                       jsonb_build_object('b', i, 'a', jsonb_build_array(1, NULL, 'x'))
                FROM generate_series(1, {{Rows}}) i
                """);
            await make.ExecuteNonQueryAsync(Ct);
            Running.Start("worker", ("DATASYNC_WORKER_URLS", _worker));
        }

        /// <summary>What the worker shows to Prometheus.</summary>
        public async Task<string> MetricsAsync(CancellationToken ct)
        {
            using var observer = new HttpClient();
            var metrics = "";
            await RunningSystem.WaitAsync("the worker to listen", async () =>
            {
                try
                {
                    metrics = await observer.GetStringAsync(new Uri(_worker + "/metrics"), ct);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }, ct);
            return metrics;
        }

        public async ValueTask DisposeAsync()
        {
            await Running.DisposeAsync();
            if (Told is not null) await Told.DisposeAsync();
        }

        /// <summary>The table as JSON Lines, worked out by other means than the product's.</summary>
        public async Task<IReadOnlyList<string>> ExpectedAsync(CancellationToken ct)
        {
            await using var source = NpgsqlDataSource.Create(Running.SourceDatabase);
            await using var read = source.CreateCommand("SELECT id, name, price::text, extract(epoch FROM made)::text, tags::text FROM things ORDER BY id");
            await using var rows = await read.ExecuteReaderAsync(ct);
            List<string> lines = [];
            while (await rows.ReadAsync(ct))
            {
                var name = await rows.IsDBNullAsync(1, ct) ? "null" : Quoted(rows.GetString(1));
                var made = DateTimeOffset.UnixEpoch.AddTicks((long)(decimal.Parse(rows.GetString(3), CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond));
                lines.Add($"{{\"id\":{rows.GetInt64(0)},\"name\":{name},\"price\":{rows.GetString(2)},\"made\":\"{made:yyyy-MM-dd'T'HH:mm:ss.ffffff}Z\",\"tags\":{rows.GetString(4)}}}");
            }

            return lines;
        }

        private static string Quoted(string text)
            => '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + '"';
    }
}
