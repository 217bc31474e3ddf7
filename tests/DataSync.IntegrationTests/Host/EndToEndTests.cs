using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
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
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
            Assert.Equal(file.GetProperty("bytes").GetInt64(), bytes.Length);
        }

        Assert.NotEqual(JsonValueKind.Undefined, manifest.ValueKind);
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
    public async Task Worker_counts_what_became_of_its_jobs()
    {
        using var client = system.Running.Client("counted");
        await client.PostAsync("api/sources", system.Running.Source("few", new { query = "SELECT id FROM things WHERE id <= 10" }), HttpStatusCode.Created, Ct);
        var before = await system.MetricsAsync(Ct);
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

    /// <summary>The sum of a metric's lines, those that have a label's value where one is given as <c>name{label=value</c>.</summary>
    private static double Total(string metrics, string name)
    {
        var (metric, label) = name.Split('{') is [var m, var l] ? (m, l.Replace("=", "=\"", StringComparison.Ordinal) + "\"") : (name, "");
        return metrics.Split('\n').Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));
    }

    /// <summary>The system with one worker and a table to read.</summary>
    public sealed class System : IAsyncLifetime
    {
        public const int Rows = 5000;

        private readonly string _worker = $"http://127.0.0.1:{RunningSystem.FreePort()}";

        public RunningSystem Running { get; } = new();

        public async ValueTask InitializeAsync()
        {
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

        public ValueTask DisposeAsync() => Running.DisposeAsync();

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
