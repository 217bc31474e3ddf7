using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Postgres;
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

    /// <summary>What <c>auto</c> chose, and why no better, as the job's view tells it: from what is not set up, over what was set up since, to what cannot be followed.</summary>
    [Fact]
    public async Task Job_says_by_what_changes_were_found_and_why()
    {
        await ExecuteAsync("CREATE TABLE chosen (id bigint PRIMARY KEY); INSERT INTO chosen SELECT generate_series(1, 3)");
        using var client = system.Running.Client("chooser");
        await client.PostAsync("api/sources", Source(new { table = "chosen", cursor_field = "id", change_tracking = "auto" }), HttpStatusCode.Created, Ct);
        var publication = (await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "publication").GetProperty("message").GetString();
        Assert.Equal(("cursor", false, "tracking.log.publication", publication), await ChosenAsync(client));
        await ExecuteAsync("INSERT INTO chosen VALUES (4)");
        Assert.Equal(("cursor", false, "tracking.log.publication", publication), await ChosenAsync(client));

        foreach (var statement in (await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
        Assert.Equal(("log", true, "tracking.method_changed", "Changes were found by cursor before and by log now: everything was read once."), await ChosenAsync(client));
        Assert.Equal(("log", false, null, null), await ChosenAsync(client));

        await PutAsync(client, Source(new { table = "chosen", cursor_field = "id", change_tracking = "none" }));
        Assert.Equal(("cursor", true, "tracking.off", "change_tracking is none."), await ChosenAsync(client));
        using (var deleted = await client.DeleteAsync("api/sources/s", Ct)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        // what is no table, and a reader of another language
        using var chinese = system.Running.Client("chooser", language: "zh-CN");
        await client.PostAsync("api/sources", Source(new { query = "SELECT id FROM chosen", cursor_field = "id", change_tracking = "auto" }), HttpStatusCode.Created, Ct);
        Assert.Equal(("cursor", false, "tracking.query", "The source reads no table: only changes of a table can be followed."), await ChosenAsync(client));
        Assert.Equal(("cursor", false, "tracking.query", "该数据源不读取表：只能跟踪表的变更。"), await ChosenAsync(chinese));

        object Source(object extraction) => system.Running.Source("s", extraction, new { sync_type = "incremental", output_format = "jsonl" });

        async Task<(string? Method, bool Everything, string? Reason, string? Message)> ChosenAsync(HttpClient reader)
        {
            var job = await reader.EndAsync(await reader.StartAsync(new { source_id = "s" }, Ct), Ct);
            Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
            var tracking = Tracking(job);
            return (tracking.GetProperty("method").GetString(), tracking.GetProperty("everything").GetBoolean(), tracking.GetProperty("reason").GetString(), tracking.GetProperty("message").GetString());
        }
    }

    [Fact]
    public async Task Slot_that_nobody_reads_is_seen_to_lag_between_syncs()
    {
        await ExecuteAsync("CREATE TABLE left_alone (id bigint PRIMARY KEY); CREATE TABLE busy (id bigint, filler text)");
        using var client = system.Running.Client("left-alone", "sources.write sync.read sync.write operator");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "left_alone" }, new { sync_type = "incremental", output_format = "jsonl" }), HttpStatusCode.Created, Ct);
        foreach (var statement in (await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
        using (var rule = await client.PutAsJsonAsync("api/alert-rules/slot_lag", new { condition = "slot_lag", threshold = 1_000_000 }, Ct)) Assert.True(rule.IsSuccessStatusCode, await rule.Content.ReadAsStringAsync(Ct));
        await SyncAsync(client);

        // a slot that the customer made and that no sync ever came to
        await ExecuteAsync("CREATE TABLE never_read (id bigint PRIMARY KEY)");
        await client.PostAsync("api/sources", system.Running.Source("never", new { table = "never_read" }, new { sync_type = "incremental", output_format = "jsonl" }), HttpStatusCode.Created, Ct);
        foreach (var statement in (await client.GetJsonAsync("api/sources/never/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
        await ExecuteAsync("INSERT INTO busy SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i");
        foreach (var subject in (string[])["s", "never"])
        {
            await RunningSystem.WaitAsync($"an alert of the slot of {subject}", async () => (await client.GetJsonAsync("api/alerts", Ct)).GetProperty("items").EnumerateArray().Any(a
                => a.GetProperty("condition").GetString() == "slot_lag" && a.GetProperty("subject").GetString() == subject && a.GetProperty("value").GetDouble() > 1_000_000), Ct);
        }

        Assert.Contains("datasync_source_slot_lag", await system.MetricsAsync(Ct), StringComparison.Ordinal);
        using (var never = await client.DeleteAsync("api/sources/never", Ct)) Assert.Equal(HttpStatusCode.NoContent, never.StatusCode);
        Assert.Empty(await SlotsOfAsync("datasync_never_"));
        using var deleted = await client.DeleteAsync("api/sources/s", Ct);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await RunningSystem.WaitAsync("its end", async () => (await client.GetJsonAsync("api/alerts", Ct)).GetProperty("items").EnumerateArray().All(a => a.GetProperty("over_at").ValueKind != JsonValueKind.Null), Ct);
    }

    /// <summary>The server turns the login away when the source is deleted, and when it goes over to a query; once it lets it in again, the slots go, whoever asks for that.</summary>
    [Fact]
    public async Task Slot_that_could_not_be_given_up_is_given_up_later()
    {
        var login = $"releasing_{Guid.CreateVersion7():n}";
        await ExecuteAsync($"CREATE TABLE released (id bigint PRIMARY KEY); INSERT INTO released VALUES (1); CREATE ROLE {login} LOGIN PASSWORD 'pw' REPLICATION; GRANT SELECT ON released TO {login}");
        using var client = system.Running.Client("releasing");
        foreach (var id in (string[])["deleted", "queried", "broken"])
        {
            await client.PostAsync("api/sources", Source(id, new { table = "released" }), HttpStatusCode.Created, Ct);
            foreach (var statement in (await client.GetJsonAsync($"api/sources/{id}/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
            var made = await client.EndAsync(await client.StartAsync(new { source_id = id }, Ct), Ct);
            Assert.Equal("completed", made.GetProperty("status").GetString());
            Assert.Single(await SlotsOfAsync($"datasync_{id}_"));
        }

        // one that goes over to a query gives its slot up at once where its server lets it
        using (var put = await client.PutAsJsonAsync("api/sources/queried", Source("queried", new { query = "SELECT 1 AS id", cursor_field = "id" }), Ct)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Empty(await SlotsOfAsync("datasync_queried_"));

        await ExecuteAsync($"ALTER ROLE {login} NOLOGIN");
        using (var put = await client.PutAsJsonAsync("api/sources/broken", Source("broken", new { query = "SELECT 1 AS id", cursor_field = "id" }), Ct)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        using (var deleted = await client.DeleteAsync("api/sources/deleted", Ct)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(2, (await SlotsOfAsync("datasync_deleted_")).Count + (await SlotsOfAsync("datasync_broken_")).Count);
        await ExecuteAsync($"ALTER ROLE {login} LOGIN");
        await RunningSystem.WaitAsync("the slots' end", async () => (await SlotsOfAsync("datasync_deleted_")).Count + (await SlotsOfAsync("datasync_broken_")).Count == 0, Ct);

        // the next look comes a minute after a job that might have made a slot: no need to wait for that
        await using (var due = system.Running.Database.Superuser.CreateCommand("UPDATE source_slots SET next_look_at = least(next_look_at, now()) WHERE tenant_id = 'releasing'")) await due.ExecuteNonQueryAsync(Ct);
        await RunningSystem.WaitAsync("that nobody looks any more", async () =>
        {
            await using var left = system.Running.Database.Superuser.CreateCommand("SELECT (SELECT count(*) FROM slot_releases WHERE tenant_id = 'releasing') + (SELECT count(*) FROM source_slots WHERE tenant_id = 'releasing')");
            return (long)(await left.ExecuteScalarAsync(Ct))! == 0;
        }, Ct, seconds: 150);

        object Source(string id, object extraction)
        {
            var at = new NpgsqlConnectionStringBuilder(system.Running.SourceDatabase);
            return new
            {
                source_id = id,
                source_type = "database",
                extraction_params = extraction,
                sync = new { sync_type = "incremental", output_format = "jsonl" },
                connection_params = new { driver = "postgresql", host = at.Host, port = at.Port, database = at.Database, username = login, password = "pw", tls = "disable" },
            };
        }
    }

    /// <summary>Nothing can be stored for longer than the source's whole time: what the schedule made waits it out, and what somebody started by hand does not.</summary>
    [Fact]
    public async Task Continuous_schedule_outlives_the_total_timeout_that_ends_other_jobs()
    {
        await ExecuteAsync("CREATE TABLE endless (id bigint PRIMARY KEY); INSERT INTO endless SELECT generate_series(1, 40)");
        using var client = system.Running.Client("endless");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "endless" }, new { sync_type = "incremental", output_format = "jsonl", timeout_seconds = 1 }), HttpStatusCode.Created, Ct);
        foreach (var statement in (await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
        await using var hold = await system.Running.Database.Superuser.OpenConnectionAsync(Ct);
        await using (var held = await hold.BeginTransactionAsync(Ct))
        {
            await using (var block = new NpgsqlCommand("LOCK TABLE sync_data IN SHARE ROW EXCLUSIVE MODE", hold)) await block.ExecuteNonQueryAsync(Ct);
            var ended = await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
            Assert.Equal(("failed", "errors.job.timeout"), (ended.GetProperty("status").GetString(), ended.GetProperty("error_details").GetProperty("message_key").GetString()));

            using (var set = await client.PutAsJsonAsync("api/sources/s/schedule", new { continuous = true }, Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
            await RunningSystem.WaitAsync("a job of three times its source's timeout", async ()
                => (await JobsAsync(client)).Exists(j => j.GetProperty("created_by").GetString() == "schedule" && j.GetProperty("status").GetString() == "running"
                    && TimeProvider.System.GetUtcNow() - j.GetProperty("started_at").GetDateTimeOffset() > TimeSpan.FromSeconds(3)), Ct);
            await held.RollbackAsync(Ct);
        }

        await RunningSystem.WaitAsync("its end", async () => (await JobsAsync(client)).Exists(j => j.GetProperty("created_by").GetString() == "schedule" && j.GetProperty("record_count").GetInt64() == 40), Ct);
        using (var removed = await client.DeleteAsync("api/sources/s/schedule", Ct)) Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await RunningSystem.WaitAsync("the last job", async () => (await JobsAsync(client)).TrueForAll(j => j.GetProperty("status").GetString() is "completed" or "failed"), Ct);
        using var deleted = await client.DeleteAsync("api/sources/s", Ct);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    /// <summary>The same server by another name goes on; another database begins anew, and the old one keeps nothing. A source from before there were marks keeps the names it has.</summary>
    [Fact]
    public async Task Source_that_moves_gives_back_what_its_old_server_keeps()
    {
        await ExecuteAsync("CREATE TABLE moving (id bigint PRIMARY KEY); INSERT INTO moving VALUES (1), (2)");
        var elsewhere = await PostgresServer.CreateDatabaseAsync("datasync_elsewhere", Ct);
        try
        {
            await using (var other = NpgsqlDataSource.Create(elsewhere))
            {
                await using var make = other.CreateCommand("CREATE TABLE moving (id bigint PRIMARY KEY); INSERT INTO moving VALUES (7)");
                await make.ExecuteNonQueryAsync(Ct);
            }

            using var client = system.Running.Client("mover");
            await client.PostAsync("api/sources", Source("127.0.0.1", system.Running.SourceDatabase), HttpStatusCode.Created, Ct);
            await using (var old = system.Running.Database.Superuser.CreateCommand("UPDATE data_source_configs SET mark = NULL WHERE tenant_id = 'mover'")) Assert.Equal(1, await old.ExecuteNonQueryAsync(Ct));
            foreach (var statement in (await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("setup").EnumerateArray()) await ExecuteAsync(statement.GetString()!);
            Assert.Equal(2, (await SyncAsync(client)).Records.Length);
            Assert.Equal("datasync_s_" + Convert.ToHexStringLower(SHA256.HashData("5:mover:s"u8).AsSpan(0, 12)), await SlotAsync());

            await PutAsync(client, Source("localhost", system.Running.SourceDatabase));
            await ExecuteAsync("INSERT INTO moving VALUES (3)");
            var (job, records) = await SyncAsync(client);
            Assert.False(Tracking(job).GetProperty("everything").GetBoolean(), job.GetRawText());
            Assert.Single(records);

            await PutAsync(client, Source("localhost", elsewhere));
            Assert.Null(await SlotAsync());
        }
        finally
        {
            await PostgresServer.DropDatabaseAsync(elsewhere, CancellationToken.None);
        }

        object Source(string host, string database)
        {
            var at = new NpgsqlConnectionStringBuilder(database);
            return new
            {
                source_id = "s",
                source_type = "database",
                extraction_params = new { table = "moving" },
                sync = new { sync_type = "incremental", output_format = "jsonl" },
                connection_params = new { driver = "postgresql", host, port = at.Port, database = at.Database, username = at.Username, password = at.Password ?? "none", tls = "disable" },
            };
        }
    }

    /// <summary>A server without a log that could be read: the customer installs triggers from the SQL that is shown, and what they write is the delta.</summary>
    [Fact]
    public async Task Change_log_is_set_up_followed_and_shortened_by_what_tracking_shows()
    {
        await using var source = await MySqlSource.CreateAsync(Ct);
        await source.ExecuteAsync("CREATE TABLE followed (id int PRIMARY KEY, name varchar(40), price decimal(10,2)); INSERT INTO followed VALUES (1, 'a', 1.10), (2, '名前', NULL), (3, '', 3.00)", Ct);
        using var client = system.Running.Client("change-log");
        var definition = new { source_id = "s", source_type = "database", connection_params = source.Connection.ConnectionParams, extraction_params = new { table = "followed" }, sync = new { sync_type = "incremental", output_format = "jsonl" } };
        await client.PostAsync("api/sources", definition, HttpStatusCode.Created, Ct);
        var tracking = await client.GetJsonAsync("api/sources/s/tracking", Ct);
        Assert.Equal(("change_log", false, JsonValueKind.Null), (tracking.GetProperty("method").GetString(), tracking.GetProperty("available").GetBoolean(), tracking.GetProperty("purge").ValueKind));
        await source.ExecuteAsync(string.Join(";\n", tracking.GetProperty("setup").EnumerateArray().Select(s => s.GetString())), Ct);
        tracking = await client.GetJsonAsync("api/sources/s/tracking", Ct);
        Assert.True(tracking.GetProperty("available").GetBoolean(), tracking.GetRawText());

        var (job, records) = await SyncAsync(client);
        Assert.Equal(("change_log", true, 3), (Tracking(job).GetProperty("method").GetString(), Tracking(job).GetProperty("everything").GetBoolean(), records.Length));
        await source.ExecuteAsync("INSERT INTO followed VALUES (4, 'new', 4.50); UPDATE followed SET name = 'changed' WHERE id = 2; DELETE FROM followed WHERE id = 3", Ct);
        (job, records) = await SyncAsync(client);
        Assert.False(Tracking(job).GetProperty("everything").GetBoolean());
        Assert.Equal(
            ["""insert {"id":4} "id":4,"name":"new","price":4.50""", """update {"id":2} "id":2,"name":"changed","price":null""", """delete {"id":3} "id":3,"name":"","price":3.00"""],
            records.Select(r => (Record: r, Change: JsonElement.Parse(r).GetProperty("_change"))).Select(
                r => $"{r.Change.GetProperty("operation").GetString()} {r.Change.GetProperty("key").GetRawText()} {r.Record[("{\"_change\":,".Length + r.Change.GetRawText().Length)..^1]}"));

        const string Count = "SELECT COUNT(*) FROM followed_datasync_changes";
        Assert.Equal("5", (await source.ExecuteAsync(Count, Ct)).Trim().Split('\n')[^1]);
        await source.ExecuteAsync((await client.GetJsonAsync("api/sources/s/tracking", Ct)).GetProperty("purge").GetString()!, Ct);
        Assert.Equal("2", (await source.ExecuteAsync(Count, Ct)).Trim().Split('\n')[^1]);
        await source.ExecuteAsync("DELETE FROM followed WHERE id = 1", Ct);
        (job, records) = await SyncAsync(client);
        Assert.False(Tracking(job).GetProperty("everything").GetBoolean(), job.GetRawText());
        Assert.Contains("\"operation\":\"delete\",\"key\":{\"id\":1}", Assert.Single(records), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Source_whose_server_does_not_answer_can_be_deleted()
    {
        using var client = system.Running.Client("unreachable");
        var source = new
        {
            source_id = "s",
            source_type = "database",
            extraction_params = new { table = "t" },
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

    private static async Task PutAsync(HttpClient client, object source)
    {
        using var put = await client.PutAsJsonAsync("api/sources/s", source, Ct);
        Assert.True(put.StatusCode == HttpStatusCode.OK, await put.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>The slot of the table <c>moving</c>, by its publication, which has its name.</summary>
    private async Task<string?> SlotAsync()
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand("SELECT s.slot_name::text FROM pg_replication_slots s JOIN pg_publication_tables p ON p.pubname = s.slot_name WHERE s.database = current_database() AND p.tablename = 'moving'");
        return (string?)await command.ExecuteScalarAsync(Ct);
    }

    private async Task<List<string>> SlotsOfAsync(string beginning)
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand("SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database() AND starts_with(slot_name, $1)");
        command.Parameters.AddWithValue(beginning);
        List<string> names = [];
        await using var reader = await command.ExecuteReaderAsync(Ct);
        while (await reader.ReadAsync(Ct)) names.Add(reader.GetString(0));
        return names;
    }

    private async Task<long> SlotsAsync()
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()");
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
