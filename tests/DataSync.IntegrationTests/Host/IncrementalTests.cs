using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Extract.Api;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Incremental syncs over HTTP, from the Start to the state and the exported delta.</summary>
[Collection(nameof(WholeSystem))]
public sealed class IncrementalTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("async"), InlineData("hybrid")]
    public async Task Each_sync_exports_what_changed_since_the_last(string mode)
    {
        var table = $"moving_{mode}";
        await ExecuteAsync($"CREATE TABLE {table} (id bigint PRIMARY KEY, updated timestamptz DEFAULT clock_timestamp()); INSERT INTO {table} (id) SELECT generate_series(1, 2500)");
        using var client = system.Running.Client($"incremental-{mode}");
        await client.PostAsync("api/sources", Source(table), HttpStatusCode.Created, Ct);
        Assert.Equal(JsonValueKind.Null, (await client.GetJsonAsync("api/sources/s/state", Ct)).GetProperty("state").ValueKind);
        object start = mode == "hybrid"
            ? new { source_id = "s", mode, sync_type = "incremental", output_format = "jsonl", processing_rules = JsonElement.Parse("""{"routing":[{"when":{"==":[{"%":[{"var":"id"},2]},0]},"to":"realtime"}]}""") }
            : new { source_id = "s", mode, sync_type = "incremental", output_format = "jsonl" };
        Assert.Equal(2500, (await SyncAsync(client, start)).Count);
        Assert.Empty(await SyncAsync(client, start));
        await ExecuteAsync($"UPDATE {table} SET updated = clock_timestamp() WHERE id IN (7, 8); INSERT INTO {table} (id) VALUES (3000)");
        Assert.Equal([7, 8, 3000], await SyncAsync(client, start));
        var state = await client.GetJsonAsync("api/sources/s/state", Ct);
        Assert.Equal("cursor", state.GetProperty("state").GetProperty("kind").GetString());
        Assert.False(state.GetProperty("state").TryGetProperty("hashes", out _));

        using (var reset = await client.DeleteAsync("api/sources/s/state", Ct)) Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
        Assert.Equal(2501, (await SyncAsync(client, start)).Count);
    }

    [Fact]
    public async Task Realtime_answers_the_delta_and_keeps_no_record()
    {
        await ExecuteAsync("CREATE TABLE moving_now (id bigint PRIMARY KEY, version bigint, secret text); INSERT INTO moving_now SELECT i, i, 'canary-' || i FROM generate_series(1, 50) i");
        using var client = system.Running.Client("incremental-now");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT * FROM moving_now", cursor_field = "version" }), HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", mode = "realtime", sync_type = "incremental", export_config = new { inline = true } };
        Assert.Equal(50, (await client.PostAsync("api/sync/start", start, HttpStatusCode.OK, Ct)).GetProperty("data").GetArrayLength());
        await ExecuteAsync("INSERT INTO moving_now VALUES (51, 50, 'canary-late'), (52, 51, 'canary-new')");
        var second = await client.PostAsync("api/sync/start", start, HttpStatusCode.OK, Ct);
        Assert.Equal([51, 52], second.GetProperty("data").EnumerateArray().Select(r => r.GetProperty("id").GetInt32()));
        await using var look = system.Running.Database.Superuser.CreateCommand("SELECT state_data::text FROM sync_state WHERE tenant_id = 'incremental-now'");
        Assert.DoesNotContain("canary", (string)(await look.ExecuteScalarAsync(Ct))!, StringComparison.Ordinal);
    }

    /// <summary>A sync that broke off and was overtaken has nothing left to deliver: its retry would deliver all of it once more.</summary>
    [Fact]
    public async Task A_sync_that_was_overtaken_by_a_later_one_is_not_retried()
    {
        await ExecuteAsync("CREATE TABLE overtaken (id bigint PRIMARY KEY, version bigint); INSERT INTO overtaken SELECT i, i FROM generate_series(1, 20000) i; CREATE FUNCTION dawdle(bigint) RETURNS text LANGUAGE sql AS 'SELECT pg_sleep(1)::text'");
        using var client = system.Running.Client("incremental-overtaken");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id, version, CASE WHEN id % 2000 = 0 THEN dawdle(id) END AS nap FROM overtaken", cursor_field = "version" }), HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl", processing_rules = new { batch_size = 500 } };
        var first = await client.StartAsync(start, Ct);
        await RunningSystem.WaitAsync("records to be stored", async () => (await client.GetJsonAsync($"api/sync/jobs/{first}", Ct)).GetProperty("record_count").GetInt64() > 0, Ct);
        await client.PostAsync($"api/sync/jobs/{first}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        Assert.Equal("cancelled", (await client.EndAsync(first, Ct)).GetProperty("status").GetString());
        await ExecuteAsync("CREATE OR REPLACE FUNCTION dawdle(bigint) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'");
        Assert.Equal(20_000, (await SyncAsync(client, start)).Count);
        var refused = await client.PostAsync($"api/sync/jobs/{first}/retry", new { }, HttpStatusCode.Conflict, Ct);
        Assert.Equal("SYNC_453", refused.GetProperty("error_code").GetString());
        Assert.Empty(await SyncAsync(client, start));
    }

    [Fact]
    public async Task A_sync_that_fails_leaves_the_state_and_one_at_a_time_is_allowed()
    {
        await ExecuteAsync("CREATE TABLE moving_slow (id bigint PRIMARY KEY, version bigint); INSERT INTO moving_slow SELECT i, i FROM generate_series(1, 20) i");
        using var client = system.Running.Client("incremental-fails");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id, version, CASE WHEN id = 20 THEN pg_sleep(30)::text END AS nap FROM moving_slow", cursor_field = "version" }), HttpStatusCode.Created, Ct);
        var slow = await client.StartAsync(new { source_id = "s", sync_type = "incremental", output_format = "jsonl" }, Ct);
        var refused = await client.PostAsync("api/sync/start", new { source_id = "s", sync_type = "incremental" }, HttpStatusCode.Conflict, Ct);
        Assert.Equal("errors.job.incremental_open", refused.GetProperty("message_key").GetString());
        using (var reset = await client.DeleteAsync("api/sources/s/state", Ct)) Assert.Equal(HttpStatusCode.Conflict, reset.StatusCode);
        await client.PostAsync($"api/sync/jobs/{slow}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        Assert.Equal("cancelled", (await client.EndAsync(slow, Ct)).GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, (await client.GetJsonAsync("api/sources/s/state", Ct)).GetProperty("last_sync_job_id").ValueKind);
    }

    [Fact]
    public async Task A_sync_that_fails_when_much_is_stored_leaves_the_state_of_the_last_one_byte_for_byte()
    {
        await ExecuteAsync("CREATE TABLE moving_fails (id bigint PRIMARY KEY, version bigint, by_now bigint); CREATE INDEX ON moving_fails (version); INSERT INTO moving_fails SELECT i, i, 1 FROM generate_series(1, 250) i");
        using var client = system.Running.Client("incremental-state");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id, version, 1 / by_now AS one FROM moving_fails", cursor_field = "version", gap_check = new { on_gap = "reread", window = 100 } }), HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl", processing_rules = new { batch_size = 100 } };
        Assert.Equal(250, (await SyncAsync(client, start)).Count);
        var before = await StateAsync();
        await ExecuteAsync("INSERT INTO moving_fails SELECT i, i, CASE WHEN i = 7000 THEN 0 ELSE 1 END FROM generate_series(251, 7000) i");
        var failed = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        Assert.Equal("failed", failed.GetProperty("status").GetString());
        Assert.Equal(before, await StateAsync());
        await ExecuteAsync("UPDATE moving_fails SET by_now = 1 WHERE by_now = 0");
        Assert.Equal(6750, (await SyncAsync(client, start)).Count);
        Assert.NotEqual(before, await StateAsync());

        async Task<string> StateAsync()
        {
            await using var look = system.Running.Database.Superuser.CreateCommand("SELECT s::text || s.state_data::text FROM sync_state s WHERE tenant_id = 'incremental-state'");
            return (string)(await look.ExecuteScalarAsync(Ct))!;
        }
    }

    [Theory]
    [InlineData("async"), InlineData("realtime")]
    public async Task A_gap_is_shown_on_the_job_and_what_was_missing_is_delivered(string mode)
    {
        var table = $"gaps_{mode}";
        await ExecuteAsync($"CREATE TABLE {table} (id bigint PRIMARY KEY, version bigint); INSERT INTO {table} SELECT i, i * 10 FROM generate_series(1, 50) i");
        using var client = system.Running.Client($"incremental-gaps-{mode}");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = $"SELECT * FROM {table}", cursor_field = "version", primary_key = (string[])["id"], gap_check = new { on_gap = "reread", window = 1000 } }), HttpStatusCode.Created, Ct);
        Assert.Equal(50, (await RunAsync()).Ids.Count);
        await ExecuteAsync($"INSERT INTO {table} VALUES (51, 5), (52, 510)");
        var (ids, job) = await RunAsync();
        Assert.Equal([51, 52], ids.Order());
        var gap = job.GetProperty("gap");
        Assert.True(gap.GetProperty("checked").GetBoolean() && gap.GetProperty("detected").GetBoolean() && gap.GetProperty("repaired").GetBoolean(), gap.GetRawText());
        Assert.Equal(1, gap.GetProperty("missing").GetInt64());
        (ids, job) = await RunAsync();
        Assert.Empty(ids);
        Assert.False(job.GetProperty("gap").GetProperty("detected").GetBoolean());

        async Task<(List<int> Ids, JsonElement Job)> RunAsync()
        {
            if (mode == "async")
            {
                var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl" };
                var ended = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
                var lines = await client.ExportAsync(ended.GetProperty("job_id").GetGuid(), "data.jsonl", Ct);
                return ([.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetInt32())], ended);
            }

            var answer = await client.PostAsync("api/sync/start", new { source_id = "s", mode, sync_type = "incremental", export_config = new { inline = true } }, HttpStatusCode.OK, Ct);
            List<int> delivered = [.. answer.GetProperty("data").EnumerateArray().Select(r => r.GetProperty("id").GetInt32())];
            var newest = (await client.GetJsonAsync("api/sync/jobs?page_size=1", Ct)).GetProperty("items")[0];
            return (delivered, newest);
        }
    }

    [Theory]
    [InlineData("warn", new[] { 52 }, false), InlineData("reread", new[] { 20, 30, 52 }, true)]
    public async Task A_record_that_the_store_never_had_is_a_gap_and_one_that_was_removed_from_it_is_none(string onGap, int[] delivered, bool repaired)
    {
        var table = $"lost_{onGap}";
        await ExecuteAsync($"CREATE TABLE {table} (id bigint PRIMARY KEY, version bigint, name text); INSERT INTO {table} SELECT i, i * 10, 'récord \"' || i FROM generate_series(1, 50) i");
        using var client = system.Running.Client($"incremental-lost-{onGap}");
        var rules = JsonElement.Parse("""{"business_rules":[{"id":"no","when":{"in":[{"var":"id"},[30,31]]},"then":[{"reject":{"code":"NO","message":"no"}}]}]}""");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = $"SELECT * FROM {table}", cursor_field = "version", primary_key = (string[])["id"], gap_check = new { on_gap = onGap, window = 1000 } }), HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl", refinement_config = rules };
        var first = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        Assert.Equal("""{"checked":true,"missing":0,"repaired":false,"detected":false,"against":"store","reason":null,"message":null}""", first.GetProperty("gap").GetRawText());

        // as if one to be stored and one that was refused had never arrived; the other refused one is still where it was
        await using (var lose = system.Running.Database.Superuser.CreateCommand(
            """
            WITH refused AS (DELETE FROM sync_rejections WHERE job_id = $1 AND original ->> 'id' = '30'), stored AS (DELETE FROM sync_data WHERE job_id = $1 AND raw_data ->> 'id' = '20')
            UPDATE sync_jobs SET record_count = record_count - 1, error_count = error_count - 1 WHERE id = $1
            """))
        {
            lose.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = first.GetProperty("job_id").GetGuid() });
            Assert.Equal(1, await lose.ExecuteNonQueryAsync(Ct));
        }

        await ExecuteAsync($"INSERT INTO {table} VALUES (52, 520, 'new')");
        var second = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        var gap = second.GetProperty("gap");
        Assert.Equal((2, repaired), (gap.GetProperty("missing").GetInt32(), gap.GetProperty("repaired").GetBoolean()));
        var records = await client.GetJsonAsync($"api/sync/jobs/{second.GetProperty("job_id").GetGuid()}/records", Ct);
        var refused = await client.GetJsonAsync($"api/sync/jobs/{second.GetProperty("job_id").GetGuid()}/rejections", Ct);
        Assert.Equal(
            delivered,
            records.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("raw_data").GetProperty("id").GetInt32())
                .Concat(refused.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("original").GetProperty("id").GetInt32())).Order());
        var third = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        Assert.Equal(repaired ? 0 : 2, third.GetProperty("gap").GetProperty("missing").GetInt32());

        // what retention or an erasure takes out of a job is not read again
        await using (var remove = system.Running.Database.Superuser.CreateCommand("DELETE FROM sync_data WHERE job_id = $1 AND raw_data ->> 'id' = '21'"))
        {
            remove.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = first.GetProperty("job_id").GetGuid() });
            Assert.Equal(1, await remove.ExecuteNonQueryAsync(Ct));
        }

        await ExecuteAsync($"INSERT INTO {table} VALUES (53, 530, 'new')");
        var fourth = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        gap = fourth.GetProperty("gap");
        Assert.Equal((repaired ? 0 : 2, "gap.purged"), (gap.GetProperty("missing").GetInt32(), gap.GetProperty("reason").GetString()));
        Assert.Equal(1, fourth.GetProperty("record_count").GetInt64());
    }

    [Theory]
    [InlineData("""{"on_gap":"perhaps"}""", "/extraction_params/gap_check/on_gap faults.one_of")]
    [InlineData("""{"window":-1}""", "/extraction_params/gap_check/window faults.read.lag")]
    [InlineData("""{"windows":1}""", "/extraction_params/gap_check/windows faults.read.unknown")]
    [InlineData("""7""", "/extraction_params/gap_check faults.read.object")]
    public async Task Gap_check_names_what_is_wrong(string check, string fault)
    {
        using var client = system.Running.Client("incremental-gap-faults");
        var refused = await client.PostAsync("api/sources", system.Running.Source("s", new { table = "x", cursor_field = "v", gap_check = JsonElement.Parse(check) }), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Contains(fault, refused.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("path").GetString()} {e.GetProperty("message_key").GetString()}"));
    }

    [Fact]
    public async Task A_start_may_not_change_what_an_incremental_sync_reads()
    {
        using var client = system.Running.Client("incremental-override");
        await client.PostAsync("api/sources", Source("things_x"), HttpStatusCode.Created, Ct);
        var refused = await client.PostAsync("api/sync/start", new { source_id = "s", sync_type = "incremental", extraction_params = new { query = "SELECT 1", row_limit = 3 } }, HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(
            ["/extraction_params/query faults.incremental.override", "/extraction_params/row_limit faults.incremental.not_together", "/extraction_params/row_limit faults.incremental.override"],
            refused.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("path").GetString()} {e.GetProperty("message_key").GetString()}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Api_is_asked_from_the_last_value_on_and_what_it_repeats_is_left_out()
    {
        List<(int Id, int Version)> items = [(1, 10), (2, 20), (3, 20)];
        var asked = new List<string>();
        await using var server = await ApiServer.StartAsync(context =>
        {
            var since = context.Request.Query["since"].ToString();
            lock (asked) asked.Add(since);
            var from = since.Length == 0 ? 0 : int.Parse(since, CultureInfo.InvariantCulture);
            return ApiServer.WriteAsync(context, "[" + string.Join(',', items.Where(i => i.Version >= from).Select(i => $$$"""{"id":{{{i.Id}}},"meta":{"version":{{{i.Version}}}}}""")) + "]");
        });
        using var client = system.Running.Client("incremental-api");
        await client.PostAsync("api/sources", new
        {
            source_id = "s",
            source_type = "api",
            connection_params = new { base_url = server.Url.AbsoluteUri.TrimEnd('/') },
            extraction_params = new { path = "/items", cursor_field = "meta.version", cursor_param = "since" },
        }, HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl" };
        Assert.Equal([1, 2, 3], await SyncAsync(client, start));
        items.Add((4, 20));
        Assert.Equal([4], await SyncAsync(client, start));
        items.AddRange([(5, 30), (1, 25)]);
        Assert.Equal([1, 5], (await SyncAsync(client, start)).Order());
        Assert.Equal(["", "20", "20"], asked);
    }

    /// <summary>A state shows the last value shortened, in a column that holds 255 characters and no U+0000.</summary>
    [Fact]
    public async Task Api_whose_cursor_is_any_text_is_synced_and_its_last_value_is_shown()
    {
        List<string> versions = [new string('a', 254) + "😀 and more"];
        await using var server = await ApiServer.StartAsync(context => ApiServer.WriteAsync(context, JsonSerializer.Serialize(versions.Select((version, id) => new { id, version }))));
        using var client = system.Running.Client("incremental-text");
        await client.PostAsync("api/sources", new
        {
            source_id = "s",
            source_type = "api",
            connection_params = new { base_url = server.Url.AbsoluteUri.TrimEnd('/') },
            extraction_params = new { path = "/items", cursor_field = "version", cursor_order = "text" },
        }, HttpStatusCode.Created, Ct);
        var start = new { source_id = "s", sync_type = "incremental", output_format = "jsonl" };
        Assert.Equal([0], await SyncAsync(client, start));
        Assert.Equal(new string('a', 254), (await client.GetJsonAsync("api/sources/s/state", Ct)).GetProperty("last_record_id").GetString());
        versions.Add("b\0c");
        Assert.Equal([1], await SyncAsync(client, start));
        Assert.Equal("b␀c", (await client.GetJsonAsync("api/sources/s/state", Ct)).GetProperty("last_record_id").GetString());
        Assert.Empty(await SyncAsync(client, start));
    }

    /// <summary>Property 24 over HTTP: the deltas of incremental syncs, laid over one another, are what a full sync exports, byte for byte.</summary>
    [Fact]
    public async Task Api_read_whole_is_all_its_deltas_one_over_the_other()
    {
        var random = new Random(24);
        var items = new ConcurrentDictionary<int, string>();
        var version = 0;
        await using var server = await ApiServer.StartAsync(context =>
        {
            var (since, page) = (context.Request.Query["since"].ToString(), int.Parse(context.Request.Query["page"].ToString(), CultureInfo.InvariantCulture));
            var from = since.Length == 0 ? 0 : int.Parse(since, CultureInfo.InvariantCulture);
            var there = items.Values.Where(i => JsonElement.Parse(i).GetProperty("version").GetInt32() >= from).Order(StringComparer.Ordinal).Skip((page - 1) * 10).Take(10);
            return ApiServer.WriteAsync(context, $"[{string.Join(',', there)}]");
        });
        using var client = system.Running.Client("incremental-api-whole");
        await client.PostAsync("api/sources", new
        {
            source_id = "s",
            source_type = "api",
            connection_params = new { base_url = server.Url.AbsoluteUri.TrimEnd('/') },
            extraction_params = new { path = "/items", cursor_field = "version", cursor_param = "since", pagination = new { type = "page" } },
        }, HttpStatusCode.Created, Ct);
        var laid = new Dictionary<int, string>();
        for (var round = 0; round < 4; round++)
        {
            var changed = new HashSet<int>();
            for (var i = 0; i < 25; i++)
            {
                // some at the very value that the last sync ended with
                if (i > 3) version++;
                var id = random.Next(40);
                items[id] = $$"""{"id":{{id}},"version":{{version}},"price":{{id}}.10,"text":"{{round}} {{i}} é"}""";
                changed.Add(id);
            }

            var delta = await LinesAsync(client, new { source_id = "s", sync_type = "incremental", output_format = "jsonl" });
            Assert.Equal(changed.Order(), delta.Select(Id).Order());
            foreach (var line in delta) laid[Id(line)] = line;
        }

        Assert.Equal(items.Values.Order(StringComparer.Ordinal), laid.Values.Order(StringComparer.Ordinal));
        var whole = await LinesAsync(client, new { source_id = "s", output_format = "jsonl" });
        Assert.Equal(laid.Values.Order(StringComparer.Ordinal), whole.Order(StringComparer.Ordinal));
    }

    private static int Id(string line) => JsonElement.Parse(line).GetProperty("id").GetInt32();

    private static async Task<List<int>> SyncAsync(HttpClient client, object start) => [.. (await LinesAsync(client, start)).Select(Id)];

    private static async Task<string[]> LinesAsync(HttpClient client, object start)
    {
        var job = await client.EndAsync(await client.StartAsync(start, Ct), Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        var lines = (await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, job.GetProperty("record_count").GetInt32());
        return lines;
    }

    private object Source(string table) => system.Running.Source("s", new { table, cursor_field = "updated" });

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
