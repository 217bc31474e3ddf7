using System.Net;
using System.Text.Json;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Hybrid over HTTP: routed by record, kept on two sides, exported as one.</summary>
public sealed class HybridTests(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private const string Rules = """
        {"routing":[{"when":{"==":[{"%":[{"var":"id"},3]},0]},"to":"realtime"},{"when":{"<":[{"var":"id"},100]},"to":"async"},{"when":{"==":[{"%":[{"var":"id"},5]},0]},"to":"realtime"}]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_are_exported_in_order_from_both_sides_and_counted_by_rule()
    {
        using var client = system.Running.Client("hybrid");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", mode = "hybrid", processing_rules = JsonElement.Parse(Rules), output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        Assert.Equal(await system.ExpectedAsync(Ct), (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(EndToEndTests.System.Rows, job.GetProperty("record_count").GetInt32());
        int[] all = [.. Enumerable.Range(1, EndToEndTests.System.Rows)];
        var (first, second) = (all.Count(i => i % 3 == 0), all.Count(i => i % 3 != 0 && i < 100));
        var third = all.Count(i => i % 3 != 0 && i >= 100 && i % 5 == 0);
        var rest = all.Length - first - second - third;
        Assert.Equal(
            $$"""{"async":{{second + rest}},"realtime":{{first + third}},"rules":[{"rule":0,"to":"realtime","records":{{first}}},{"rule":1,"to":"async","records":{{second}}},{"rule":2,"to":"realtime","records":{{third}}}],"default":{"to":"async","records":{{rest}}},"undecided":0}""",
            job.GetProperty("routed").GetRawText());
        await using var stored = system.Running.Database.Superuser.CreateCommand("SELECT string_agg((raw_data->>'id')::text, ',' ORDER BY seq) FROM sync_data WHERE job_id = $1");
        stored.Parameters.Add(new NpgsqlParameter { Value = id });
        Assert.Equal(string.Join(',', all.Where(i => i % 3 != 0 && (i < 100 || i % 5 != 0))), (string?)await stored.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task Refused_records_for_memory_are_counted_and_kept_nowhere()
    {
        using var client = system.Running.Client("hybrid-refused");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var refinement = JsonElement.Parse("""{"business_rules":[{"id":"r","when":{"in":[{"var":"id"},[3,4]]},"then":[{"reject":{"code":"R","message":"no"}}]}]}""");
        var id = await client.StartAsync(new { source_id = "s", mode = "hybrid", processing_rules = JsonElement.Parse(Rules), refinement_config = refinement, output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.Equal((8, 2), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));
        var refused = Assert.Single((await client.GetJsonAsync($"api/sync/jobs/{id}/rejections", Ct)).GetProperty("items").EnumerateArray());
        Assert.Equal(4, refused.GetProperty("original").GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task Rules_and_checks_count_the_records_of_both_sides()
    {
        using var client = system.Running.Client("hybrid-counted");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id, CASE WHEN id <> 9 THEN id::text ELSE 'nine' END AS text FROM things WHERE id <= 30 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var refinement = JsonElement.Parse("""
            {"business_rules":[{"id":"even","when":{"==":[{"%":[{"var":"id"},2]},0]},"then":[{"tag":"even"}]},
                               {"id":"cast","then":[{"cast":{"text":"integer"}}]},
                               {"id":"r","when":{"in":[{"var":"id"},[3,4,6]]},"then":[{"reject":{"code":"R","message":"no"}}]}],
             "checks":[{"id":"small","field":"id","check":"between","max":24}]}
            """);
        var id = await client.StartAsync(new { source_id = "s", mode = "hybrid", processing_rules = JsonElement.Parse(Rules), refinement_config = refinement, output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);

        // Of 1 to 30 every third one is for memory: 3 and 6, 9 that is no number, and 27 and 30 that are too large are refused there; 4, and 25, 26, 28 and 29, on the way into the database.
        Assert.Equal((20, 10), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));
        Assert.Equal(
            """[{"rule_id":"even","hits":15,"failed":0,"rejected":0},{"rule_id":"cast","hits":30,"failed":1,"rejected":1},{"rule_id":"r","hits":3,"failed":0,"rejected":3},{"rule_id":"small","hits":26,"failed":6,"rejected":6}]""",
            job.GetProperty("rules").GetRawText());
    }

    [Fact]
    public async Task Worker_killed_in_the_middle_loses_and_repeats_nothing()
    {
        // A database and workers of its own: the other tests' worker is not to be killed.
        await using var running = new RunningSystem();
        await running.InitializeAsync();
        const int Rows = 60_000;
        await using (var source = NpgsqlDataSource.Create(running.SourceDatabase))
        {
            await using var make = source.CreateCommand($"CREATE TABLE big (id bigint PRIMARY KEY, filler text); INSERT INTO big SELECT i, repeat('x', 200) FROM generate_series(1, {Rows}) i");
            await make.ExecuteNonQueryAsync(Ct);
        }

        using var client = running.Client("crash");
        await client.PostAsync("api/sources", running.Source("s", new { query = "SELECT id, filler, CASE WHEN id % 2000 = 0 THEN pg_sleep(0.05)::text END AS nap FROM big ORDER BY id" }), HttpStatusCode.Created, Ct);
        var rules = JsonElement.Parse("""{"routing":[{"when":{"==":[{"%":[{"var":"id"},7]},0]},"to":"realtime"}]}""");
        var id = await client.StartAsync(new { source_id = "s", mode = "hybrid", processing_rules = rules, refinement_config = JsonElement.Parse("""{"business_rules":[{"id":"tenth","when":{"==":[{"%":[{"var":"id"},10]},0]},"then":[{"reject":{"code":"T","message":"no"}}]}]}"""), output_format = "jsonl" }, Ct);
        for (var kill = 1; kill <= 2; kill++)
        {
            var worker = running.Start("worker");
            await RunningSystem.WaitAsync("records to be stored", async () =>
            {
                var state = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
                Assert.Equal("running", state.GetProperty("status").GetString() is "queued" ? "running" : state.GetProperty("status").GetString());
                return state.GetProperty("attempts").GetInt32() >= kill && state.GetProperty("status").GetString() == "running" && state.GetProperty("record_count").GetInt64() > 5000;
            }, Ct);
            await worker.KillAsync(Ct);
        }

        var last = running.Start("worker");
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", $"{job.GetRawText()}\n{last.Log}");
        Assert.True(job.GetProperty("attempts").GetInt32() >= 3, job.GetRawText());
        Assert.Equal((Rows * 9 / 10, Rows / 10), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));

        // Each attempt begins anew, and so do its counters.
        Assert.Equal($$"""[{"rule_id":"tenth","hits":{{Rows / 10}},"failed":0,"rejected":{{Rows / 10}}}]""", job.GetProperty("rules").GetRawText());
        Assert.Equal(Rows / 7, job.GetProperty("routed").GetProperty("realtime").GetInt32());
        var expected = 0L;
        using var lines = new StringReader(await client.ExportAsync(id, "data.jsonl", Ct));
        while (await lines.ReadLineAsync(Ct) is { } line)
        {
            if (++expected % 10 == 0) expected++;
            Assert.Equal(expected, JsonElement.Parse(line).GetProperty("id").GetInt64());
        }

        Assert.Equal(Rows - 1, expected);
        await using var stored = running.Database.Superuser.CreateCommand("SELECT count(*), count(*) FILTER (WHERE (raw_data->>'id')::bigint % 7 = 0) FROM sync_data");
        await using var row = await stored.ExecuteReaderAsync(Ct);
        await row.ReadAsync(Ct);
        Assert.Equal((Enumerable.Range(1, Rows).Count(i => i % 7 != 0 && i % 10 != 0), 0L), (row.GetInt64(0), row.GetInt64(1)));
    }

    [Fact]
    public async Task Memory_part_beyond_the_limit_fails_the_job_with_limit_and_size()
    {
        await using var running = new RunningSystem();
        await running.InitializeAsync();
        running.Start("worker", ("SYNC_REALTIME_MAX_MEMORY_MB", "1"));
        using var client = running.Client("hybrid-large");
        await client.PostAsync("api/sources", running.Source("s", new { query = "SELECT i AS id, repeat('x', 1000) AS x FROM generate_series(1, 5000) i" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", mode = "hybrid", processing_rules = new { routing_default = "realtime" } }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.Equal("errors.realtime.too_large", job.GetProperty("error_details").GetProperty("message_key").GetString());
        Assert.Empty((await client.GetJsonAsync($"api/sync/jobs/{id}/exports", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Dry_run_tells_where_each_record_would_go_and_why()
    {
        using var client = system.Running.Client("dry");
        var answer = await client.PostAsync("api/sync/route-test", JsonElement.Parse("""
            {"processing_rules":{"routing":[{"when":{">":[{"var":"amount"},1000]},"to":"realtime"},{"when":{"==":[{"var":"kind"},"x"]},"to":"async"}],"routing_default":"realtime"},
             "records":[{"amount":1000.0000000000000001},{"amount":1,"kind":"x"},{"amount":1},7]}
            """), HttpStatusCode.OK, Ct);
        Assert.Equal(
            ["0 realtime 0 rule", "1 async 1 rule", "2 realtime  default", "3 realtime  default"],
            answer.GetProperty("records").EnumerateArray().Select(r => $"{r.GetProperty("index")} {r.GetProperty("to")} {r.GetProperty("rule")} {r.GetProperty("decided_by")}"));
        Assert.Equal("""{"async":1,"realtime":3,"rules":[{"rule":0,"to":"realtime","records":1},{"rule":1,"to":"async","records":1}],"default":{"to":"realtime","records":2},"undecided":0}""", answer.GetProperty("routed").GetRawText());
        var problem = await client.PostAsync("api/sync/route-test", JsonElement.Parse("""{"processing_rules":{"routing":[{"when":{"no":1},"to":"x"}],"y":1},"z":1}"""), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.NotEmpty(problem.GetProperty("errors").EnumerateArray());
    }
}
