using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>Rules over HTTP: tried, counted, and what they refused corrected and replayed; and links to what came out.</summary>
[Collection(nameof(WholeSystem))]
public sealed class RuleTests(EndToEndTests.System system)
{
    private const string Config = """
        {"business_rules":[{"id":"even","when":{"==":[{"%":[{"var":"id"},2]},0]},"then":[{"tag":"even"}]}],
         "checks":[{"id":"small","field":"id","check":"between","max":7}]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trial_shows_before_and_after_hits_and_refusals_and_stores_nothing()
    {
        using var client = system.Running.Client("rules-trial");
        var answer = await client.PostAsync("api/rules/test", JsonElement.Parse("""
            {"refinement_config":{"business_rules":[{"id":"double","when":{">":[{"var":"n"},1]},"then":[{"set":{"n":{"*":[{"var":"n"},2]}}},{"tag":"big"}]},
                                                    {"id":"cast","then":[{"cast":{"s":"integer"}}],"on_error":"keep"}],
                                  "checks":[{"id":"once","field":"n","check":"unique"}]},
             "records":[{"n":9007199254740993,"s":"1"},{"n":1,"s":"x"},{"n":1}]}
            """), HttpStatusCode.OK, Ct);
        Assert.Equal(
            """[{"index":0,"outcome":"kept","before":{"n":9007199254740993,"s":"1"},"after":{"n":18014398509481986,"s":1},"changed":true,"tags":["big"],"hits":["double","cast","once"],"failures":[],"rejection":null}""",
            $"[{answer.GetProperty("records")[0].GetRawText()}");
        Assert.Equal("""[{"rule_id":"cast","code":"SYNC_260","field":"s"}]""", answer.GetProperty("records")[1].GetProperty("failures").GetRawText());
        Assert.Equal(("rejected", "once", "SYNC_212"), (Text(answer.GetProperty("records")[2], "outcome"), Text(answer.GetProperty("records")[2].GetProperty("rejection"), "rule_id"), Text(answer.GetProperty("records")[2].GetProperty("rejection"), "code")));
        Assert.Equal("""[{"rule_id":"double","hits":1,"failed":0,"rejected":0},{"rule_id":"cast","hits":3,"failed":1,"rejected":0},{"rule_id":"once","hits":3,"failed":1,"rejected":1}]""", answer.GetProperty("rules").GetRawText());
        Assert.Empty((await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Trial_names_all_faults_of_the_rules()
    {
        using var client = system.Running.Client("rules-trial");
        var answer = await client.PostAsync("api/rules/test", JsonElement.Parse("""{"refinement_config":{"business_rules":[{"id":"a"}],"checks":[{"id":"a","check":"nope"}]},"records":[{}]}"""), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(
            ["/refinement_config/business_rules/0/then", "/refinement_config/checks/0/check", "/refinement_config/checks/0/field", "/refinement_config/checks/0/id"],
            answer.GetProperty("errors").EnumerateArray().Select(e => Text(e, "path")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refused_records_are_counted_corrected_and_replayed_once_through_todays_rules()
    {
        using var client = system.Running.Client("replay");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", refinement_config = JsonElement.Parse(Config), output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.Equal((7, 3), (job.GetProperty("record_count").GetInt32(), job.GetProperty("error_count").GetInt32()));
        Assert.Equal("""[{"rule_id":"even","hits":5,"failed":0,"rejected":0},{"rule_id":"small","hits":10,"failed":3,"rejected":3}]""", job.GetProperty("rules").GetRawText());

        // One is corrected, and run alone; the repeat by key is the same job, another call finds it taken.
        var path = $"api/sync/jobs/{id}/rejections";
        using (var put = await client.PutAsJsonAsync($"{path}/7", new { record = new { id = 1, was = 8 } }, Ct)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var first = await ReplayAsync(client, path, """{"seqs":[7]}""", "key-1");
        Assert.Equal(first, await ReplayAsync(client, path, """{"seqs":[7]}""", "key-1"));
        Assert.Equal("errors.rejections.replayed", Text(await client.PostAsync($"{path}/replay", JsonElement.Parse("""{"seqs":[7,8]}"""), HttpStatusCode.Conflict, Ct), "message_key"));
        using (var late = await client.PutAsJsonAsync($"{path}/7", new { record = new { id = 2 } }, Ct)) Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        var replayed = await client.EndAsync(first, Ct);
        Assert.Equal(("completed", "replay", 1, 0), (Text(replayed, "status"), Text(replayed, "source_type"), replayed.GetProperty("record_count").GetInt32(), replayed.GetProperty("error_count").GetInt32()));
        Assert.Contains("""{"id":1,"was":8""", await client.ExportAsync(first, "data.jsonl", Ct), StringComparison.Ordinal);

        // The rest in bulk, by other rules: one of them is refused again, with the new job.
        var second = await ReplayAsync(client, path, """{"rule_id":"small","refinement_config":{"checks":[{"id":"smaller","field":"id","check":"between","max":9}]}}""", "key-2");
        var rest = await client.EndAsync(second, Ct);
        Assert.Equal((1, 1), (rest.GetProperty("record_count").GetInt32(), rest.GetProperty("error_count").GetInt32()));
        Assert.Equal("smaller", Text((await client.GetJsonAsync($"api/sync/jobs/{second}/rejections/1", Ct)), "rule_id"));
        Assert.Equal("errors.rejections.replayed", Text(await client.PostAsync($"{path}/replay", JsonElement.Parse("""{"all":true}"""), HttpStatusCode.Conflict, Ct), "message_key"));
        var marked = (await client.GetJsonAsync($"{path}?state=replayed", Ct)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([(7, first), (8, second), (9, second)], marked.Select(r => (r.GetProperty("seq").GetInt32(), r.GetProperty("replay_job_id").GetGuid())));
        Assert.Equal(8, marked[0].GetProperty("original").GetProperty("id").GetInt32());
        using var stranger = system.Running.Client("replay-stranger");
        await stranger.PostAsync($"{path}/replay", JsonElement.Parse("""{"all":true}"""), HttpStatusCode.NotFound, Ct);
    }

    [Fact]
    public async Task Realtime_has_no_refused_records_to_correct_or_replay()
    {
        using var client = system.Running.Client("replay-realtime");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var job = await client.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", refinement_config = JsonElement.Parse(Config), export_config = new { inline = true } }, HttpStatusCode.OK, Ct);
        Assert.Equal("""[{"rule_id":"even","hits":5,"failed":0,"rejected":0},{"rule_id":"small","hits":10,"failed":3,"rejected":3}]""", job.GetProperty("rules").GetRawText());
        var path = $"api/sync/jobs/{job.GetProperty("job_id").GetGuid()}/rejections";
        Assert.Equal("errors.rejections.nothing_kept", Text(await client.PostAsync($"{path}/replay", JsonElement.Parse("""{"all":true}"""), HttpStatusCode.Conflict, Ct), "message_key"));
        using var put = await client.PutAsJsonAsync($"{path}/7", new { record = new { id = 1 } }, Ct);
        Assert.Equal(HttpStatusCode.Conflict, put.StatusCode);
    }

    [Fact]
    public async Task Link_fetches_its_file_without_a_token_in_ranges_and_nothing_else()
    {
        using var client = system.Running.Client("links");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
        await client.EndAsync(id, Ct);
        var whole = await client.ExportAsync(id, "data.jsonl", Ct);
        var path = $"api/sync/jobs/{id}/exports/data.jsonl/link";
        var url = Text(await client.PostAsync(path, new { expires_in_seconds = 60 }, HttpStatusCode.OK, Ct), "url")[1..];
        await client.PostAsync($"api/sync/jobs/{id}/exports/other.jsonl/link", new { }, HttpStatusCode.NotFound, Ct);
        await client.PostAsync(path, new { expires_in_seconds = 604_801 }, HttpStatusCode.UnprocessableEntity, Ct);
        var brief = Text(await client.PostAsync(path, new { expires_in_seconds = 1 }, HttpStatusCode.OK, Ct), "url")[1..];
        using var nobody = new HttpClient { BaseAddress = client.BaseAddress };
        Assert.Equal(whole, await nobody.GetStringAsync(url, Ct));
        using var part = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(3, 9) } };
        using var answer = await nobody.SendAsync(part, Ct);
        Assert.Equal((HttpStatusCode.PartialContent, whole[3..10]), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
        var wrong = await RefusedAsync(nobody, url.Replace("links/", "links/AAAA", StringComparison.Ordinal));
        await RunningSystem.WaitAsync("the link to expire", async () =>
        {
            using var tried = await nobody.GetAsync(brief, Ct);
            return tried.StatusCode == HttpStatusCode.NotFound;
        }, Ct);
        Assert.Equal(wrong, await RefusedAsync(nobody, brief));
    }

    /// <summary>What a refusal says, but for what is each request's own.</summary>
    private static async Task<string> RefusedAsync(HttpClient client, string url)
    {
        using var answer = await client.GetAsync(url, Ct);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct));
        return string.Join('|', body.EnumerateObject().Where(m => m.Name is not ("correlation_id" or "timestamp" or "instance")).Select(m => $"{m.Name}={m.Value.GetRawText()}"));
    }

    private static async Task<Guid> ReplayAsync(HttpClient client, string path, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/replay") { Content = JsonContent.Create(JsonElement.Parse(body)), Headers = { { "Idempotency-Key", key } } };
        using var answer = await client.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
        return JsonElement.Parse(text).GetProperty("job_id").GetGuid();
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
