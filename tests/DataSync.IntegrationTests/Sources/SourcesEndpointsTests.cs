using System.Text.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.IntegrationTests.Sources;

public sealed class SourcesEndpointsTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    private const string Canary = "CANARY-7f3a9c1e55d24b80";
    private const string Secret = $$"""{"driver":"fake","host":"db","password":"{{Canary}}","token":["{{Canary}}"]}""";
    private static readonly HttpMethod Get = HttpMethod.Get, Post = HttpMethod.Post, Put = HttpMethod.Put, Delete = HttpMethod.Delete;

    [Fact]
    public async Task Post_then_get_shows_everything_but_the_secrets()
    {
        var created = await CreateAsync("t1", "orders");
        Assert.Equal((201, "\"1\"", "/api/sources/orders"), (created.Status, created.ETag, created.Location));
        var shown = await api.SendAsync("t1", Get, "/api/sources/orders");
        Assert.Equal(created.Text, shown.Text);
        Assert.Equal("""{"driver":"fake","host":"db","password":"***","token":"***"}""", shown.Json.GetProperty("connection_params").GetRawText());
        Assert.Equal("alice", shown.Json.GetProperty("created_by").GetString());
        Assert.Equal("""{"table":"orders"}""", shown.Json.GetProperty("extraction_params").GetRawText());
    }

    [Fact]
    public async Task Post_with_everything_wrong_names_every_fault_at_once()
    {
        var answer = await api.SendAsync("t1", Post, "/api/sources", """
            {"source_id":"", "source_type":"ftp", "connection_params":{"driver":"fake","hosst":"db","password":"***","token":{"$sealed":"AQ=="}},
             "extraction_params":{"query":"SELECT 1","table":"t"},"sync":[],"is_active":"yes","colour":"red"}
            """);
        Assert.Equal((422, "SYNC_100"), (answer.Status, answer.Code));
        Assert.Equal(
            [
                "/colour faults.unknown", "/connection_params/hosst faults.unknown", "/connection_params/host faults.required",
                "/connection_params/password faults.secret_not_stored", "/connection_params/token faults.sealed_reserved",
                "/extraction_params faults.read.query_or_table", "/is_active faults.bool", "/source_id faults.length", "/source_type faults.one_of", "/sync faults.object",
            ], answer.Faults);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("webhook")]
    public async Task Post_of_a_type_to_come_is_refused_clearly(string type)
    {
        var answer = await api.SendAsync("t1", Post, "/api/sources", $$"""{"source_id":"x","source_type":"{{type}}","connection_params":{} }""", language: "zh-CN");
        Assert.Equal(["/source_type faults.source_type_unavailable"], answer.Faults);
        Assert.Contains($"当前版本不支持 {type} 类型的数据源", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_of_an_id_that_is_taken_is_a_conflict_in_its_tenant_alone()
    {
        Assert.Equal(201, (await CreateAsync("t2", "taken")).Status);
        var again = await CreateAsync("t2", "taken");
        Assert.Equal((409, "SYNC_071"), (again.Status, again.Code));
        Assert.Equal(201, (await CreateAsync("t3", "taken")).Status);
    }

    [Fact]
    public async Task Another_tenants_source_looks_absent_everywhere()
    {
        await CreateAsync("owner", "mine");
        foreach (var (method, path, body) in new[]
        {
            (Get, "", null), (Put, "", Body("mine")), (Delete, "", null), (Post, "/test", null), (Get, "/schema", null), (Post, "/preview", """{"table":"t"}"""),
        })
        {
            var foreign = await api.SendAsync("stranger", method, "/api/sources/mine" + path, body);
            var absent = await api.SendAsync("stranger", method, "/api/sources/none" + path, body?.Replace("mine", "none", StringComparison.Ordinal));
            Assert.Equal((404, "SYNC_070"), (foreign.Status, foreign.Code));
            Assert.Equal(absent.Status, foreign.Status);
            Assert.Equal(absent.Json.GetProperty("message").GetString(), foreign.Json.GetProperty("message").GetString());
        }

        Assert.Equal(200, (await api.SendAsync("owner", Get, "/api/sources/mine")).Status);
    }

    [Fact]
    public async Task Put_with_masks_keeps_the_stored_secrets_and_takes_the_rest()
    {
        await CreateAsync("t4", "s");
        var replaced = await api.SendAsync("t4", Put, "/api/sources/s", Body("s", """{"driver":"fake","host":"moved","password":"***","token":"new"}"""));
        Assert.Equal((200, "\"2\""), (replaced.Status, replaced.ETag));
        var opened = (await api.Get<DataSync.Sources.SourceReader>().OpenAsync("t4", "s", TestContext.Current.CancellationToken)).ConnectionParams;
        Assert.Equal((Canary, "new", "moved"), (opened.GetProperty("password").GetString(), opened.GetProperty("token").GetString(), opened.GetProperty("host").GetString()));
    }

    [Fact]
    public async Task Put_with_a_mask_where_nothing_is_stored_is_refused()
    {
        await api.SendAsync("t4", Post, "/api/sources", Body("bare", """{"driver":"fake","host":"db"}"""));
        var answer = await api.SendAsync("t4", Put, "/api/sources/bare", Body("bare", """{"driver":"fake","host":"db","password":"***"}"""));
        Assert.Equal(["/connection_params/password faults.secret_not_stored"], answer.Faults);
    }

    [Fact]
    public async Task Put_under_another_id_than_the_urls_is_refused()
        => Assert.Contains("/source_id faults.source_id_differs", (await api.SendAsync("t4", Put, "/api/sources/one", Body("two"))).Faults);

    [Fact]
    public async Task Put_with_if_match_of_an_older_version_changes_nothing()
    {
        await CreateAsync("t5", "s");
        Assert.Equal(200, (await api.SendAsync("t5", Put, "/api/sources/s", Body("s"), ifMatch: "\"1\"")).Status);
        var stale = await api.SendAsync("t5", Put, "/api/sources/s", Body("s"), ifMatch: "\"1\"");
        Assert.Equal((412, "SYNC_073"), (stale.Status, stale.Code));
        Assert.Equal(412, (await api.SendAsync("t5", Delete, "/api/sources/s", ifMatch: "W/\"2\"")).Status);
        Assert.Equal(422, (await api.SendAsync("t5", Put, "/api/sources/s", Body("s"), ifMatch: "2")).Status);
        Assert.Equal("\"2\"", (await api.SendAsync("t5", Get, "/api/sources/s")).ETag);
        Assert.Equal(200, (await api.SendAsync("t5", Put, "/api/sources/s", Body("s"), ifMatch: "*")).Status);
    }

    [Fact]
    public async Task Puts_of_the_same_version_at_once_let_one_through()
    {
        await CreateAsync("t6", "s");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.SendAsync("t6", Put, "/api/sources/s", Body("s"), ifMatch: "\"1\"")));
        Assert.Single(answers, a => a.Status == 200);
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Equal(412, a.Status));
    }

    [Fact]
    public async Task Delete_waits_for_no_job_and_refuses_while_one_is_open()
    {
        await CreateAsync("t7", "busy");
        await QueuedJobAsync("t7", "busy");
        var refused = await api.SendAsync("t7", Delete, "/api/sources/busy");
        Assert.Equal((409, "SYNC_072"), (refused.Status, refused.Code));
        await ExecuteAsync("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = 't7'");
        Assert.Equal(204, (await api.SendAsync("t7", Delete, "/api/sources/busy")).Status);
        Assert.Equal(404, (await api.SendAsync("t7", Get, "/api/sources/busy")).Status);
    }

    [Fact]
    public async Task List_pages_through_every_source_once_in_order()
    {
        string[] ids = ["a", "B", "é", "数据", "🔑", "..", "a/b", "~x", "%2F", " "];
        foreach (var id in ids) Assert.Equal(201, (await CreateAsync("t8", id)).Status);
        List<string> seen = [];
        for (var cursor = ""; ;)
        {
            var page = (await api.SendAsync("t8", Get, "/api/sources?page_size=3" + cursor)).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(s => s.GetProperty("source_id").GetString()!));
            if (page.GetProperty("next_cursor").GetString() is not { } next) break;
            cursor = "&cursor=" + Uri.EscapeDataString(next);
        }

        Assert.Equal(ids.OrderBy(i => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(i)), StringComparer.Ordinal), seen);
        foreach (var id in ids) Assert.Equal(id, (await api.SendAsync("t8", Get, "/api/sources/" + UrlId.Encode(id))).Json.GetProperty("source_id").GetString());
    }

    [Fact]
    public async Task Test_gives_every_check_with_code_and_hint_in_the_callers_language()
    {
        await CreateAsync("t9", "s");
        var answer = (await api.SendAsync("t9", Post, "/api/sources/s/test", language: "zh-CN")).Json;
        Assert.False(answer.GetProperty("passed").GetBoolean());
        var checks = answer.GetProperty("checks").EnumerateArray().ToList();
        Assert.Equal(
            ["credentials passed", "connect passed", "authenticate failed", "query skipped"],
            checks.Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("outcome").GetString()}"));
        Assert.Equal("SYNC_074", checks[2].GetProperty("error_code").GetString());
        Assert.StartsWith("请连同全部机密信息", checks[2].GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.All(checks, c => Assert.True(c.GetProperty("milliseconds").GetDouble() >= 0));
    }

    [Fact]
    public async Task Test_of_credentials_that_do_not_open_says_so_as_a_check()
    {
        await CreateAsync("t9", "spoilt");
        await ExecuteAsync("UPDATE data_source_configs SET version = 7 WHERE tenant_id = 't9' AND source_id = 'spoilt'");
        var check = Assert.Single((await api.SendAsync("t9", Post, "/api/sources/spoilt/test")).Json.GetProperty("checks").EnumerateArray().ToList());
        Assert.Equal(("failed", "SYNC_060"), (check.GetProperty("outcome").GetString(), check.GetProperty("error_code").GetString()));
    }

    [Fact]
    public async Task Preview_shows_records_byte_for_byte_with_their_columns()
    {
        await CreateAsync("t9", "p");
        var answer = await api.SendAsync("t9", Post, "/api/sources/p/preview", """{"row_limit":2}""");
        Assert.Contains("""[{"id":1,"name":"a"},{"id":9007199254740993,"name":null}]""", answer.Text, StringComparison.Ordinal);
        Assert.Equal("""[{"name":"id","json_types":["number"]},{"name":"name","json_types":["null","string"]}]""", answer.Json.GetProperty("columns").GetRawText());
        Assert.True(answer.Json.GetProperty("truncated").GetBoolean());
        Assert.False((await api.SendAsync("t9", Post, "/api/sources/p/preview", """{"table":"t","row_limit":3}""")).Json.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task Preview_of_a_query_and_a_table_or_too_many_rows_is_refused()
    {
        await CreateAsync("t9", "q");
        Assert.Equal(422, (await api.SendAsync("t9", Post, "/api/sources/q/preview", """{"table":"t","query":"SELECT 1"}""")).Status);
        Assert.Equal(["/row_limit faults.integer"], (await api.SendAsync("t9", Post, "/api/sources/q/preview", """{"row_limit":101}""")).Faults);
    }

    [Fact]
    public async Task Schema_names_tables_with_columns_and_keys()
    {
        await CreateAsync("t9", "d");
        var table = (await api.SendAsync("t9", Get, "/api/sources/d/schema")).Json.GetProperty("tables")[0];
        Assert.Equal("""{"schema":"public","name":"orders","kind":"table","columns":[{"name":"id","type":"bigint","json_type":"number","nullable":false}],"primary_key":["id"]}""", table.GetRawText());
    }

    [Theory]
    [InlineData("GET", "", "sources.write")]
    [InlineData("POST", "", "sync.read sync.write")]
    [InlineData("PUT", "/s", "sync.read sync.write")]
    [InlineData("DELETE", "/s", "sync.read sync.write")]
    [InlineData("POST", "/s/test", "sync.read sync.write")]
    [InlineData("GET", "/s/schema", "sync.read sync.write")]
    [InlineData("POST", "/s/preview", "sync.read sync.write")]
    public async Task An_endpoint_without_its_scope_is_closed(string method, string path, string scope)
        => Assert.Equal((403, "SYNC_302"), await StatusAsync(method, path, scope));

    [Fact]
    public async Task A_secret_is_in_no_answer_no_log_and_no_kept_answer()
    {
        await api.SendAsync("canary", Post, "/api/sources", Body("s"), key: "k1");
        await api.SendAsync("canary", Post, "/api/sources", Body("s"), key: "k1");
        List<Answer> answers =
        [
            await CreateAsync("canary", "s"),
            await api.SendAsync("canary", Post, "/api/sources", Body("bad", $$"""{"driver":"fake","password":"{{Canary}}"}""")),
            await api.SendAsync("canary", Post, "/api/sources", Body("bad", $$"""{"driver":"none","password":"{{Canary}}"}""")),
            await api.SendAsync("canary", Post, "/api/sources", Body("bad")[..^3]),
            await api.SendAsync("canary", Put, "/api/sources/s", Body("s")),
            await api.SendAsync("canary", Put, "/api/sources/absent", Body("absent")),
            await api.SendAsync("canary", Put, "/api/sources/s", Body("s"), ifMatch: "\"99\""),
            await api.SendAsync("canary", Get, "/api/sources/s"),
            await api.SendAsync("canary", Get, "/api/sources"),
            await api.SendAsync("canary", Post, "/api/sources/s/test"),
            await api.SendAsync("canary", Get, "/api/sources/s/schema"),
            await api.SendAsync("canary", Post, "/api/sources/s/preview", """{"table":"t"}"""),
        ];
        await ExecuteAsync("UPDATE data_source_configs SET version = 50 WHERE tenant_id = 'canary'");
        answers.Add(await api.SendAsync("canary", Get, "/api/sources/s/schema"));
        Assert.Equal("SYNC_060", answers[^1].Code);
        Assert.Equal([409, 422, 422, 400, 200, 404, 412, 200, 200, 200, 200, 200, 500], answers.Select(a => a.Status));
        Assert.All(answers, a => Assert.DoesNotContain(Canary, a.Text, StringComparison.Ordinal));
        Assert.Contains("/api/sources", api.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, api.Logs.All, StringComparison.Ordinal);
        var dump = await TableDump.ReadAsync(api.Database, TestContext.Current.CancellationToken);
        Assert.Contains("k1", dump, StringComparison.Ordinal);
        foreach (var spelling in TableDump.Spellings(Canary)) Assert.DoesNotContain(spelling, dump, StringComparison.Ordinal);
    }

    private static string Body(string sourceId, string? connectionParams = null) => $$"""
        {"source_id":{{JsonSerializer.Serialize(sourceId)}},"source_name":"Orders","source_type":"database",
         "connection_params":{{connectionParams ?? Secret}},"extraction_params":{"table":"orders"},"sync":{} }
        """;

    private Task<Answer> CreateAsync(string tenant, string sourceId) => api.SendAsync(tenant, Post, "/api/sources", Body(sourceId));

    private async Task<(int Status, string? Code)> StatusAsync(string method, string path, string scope)
    {
        var answer = await api.SendAsync("t1", new HttpMethod(method), "/api/sources" + path, method is "GET" or "DELETE" ? null : "{}", scope: scope);
        return (answer.Status, answer.Code);
    }

    private Task QueuedJobAsync(string tenant, string source) => ExecuteAsync($$"""
        INSERT INTO sync_jobs SELECT (json_populate_record(NULL::sync_jobs, json_build_object('id', gen_random_uuid(), 'tenant_id', '{{tenant}}', 'source_id', '{{source}}', 'status', 'queued',
            'source_type', 'read', 'mode', 'async', 'sync_type', 'full', 'record_count', 0, 'error_count', 0, 'extracted', 0, 'refined', 0, 'exported', 0, 'bytes', 0, 'config', '{}'::json,
            'created_at', now(), 'created_by', 'x', 'correlation_id', 'x', 'language', 'en-US', 'timeout_seconds', 1, 'running_ms', 0, 'fence', 0,
            'checkpoint', '{}'::json, 'attempts', 0, 'fruitless_attempts', 0, 'fruitful_attempts', 0, 'furthest', 0))).*
        """);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = api.Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
