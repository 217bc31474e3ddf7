using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Ai;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Refine.LabelStudio;

namespace DataSync.IntegrationTests.Refine;

/// <summary>Models and annotators over HTTP, with API and workers as processes: what a caller sees, and a worker that is killed with one job at the model and another at rest.</summary>
[Collection(RefiningTests.Name)]
public sealed class RefiningHostTests(RefiningSystem system)
{
    private const string Good = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["good"]}}]""";
    private const string Bad = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["bad"]}}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_worker_is_followed_by_another_that_goes_on_with_what_was_at_the_model_and_what_waits_for_people()
    {
        using var labels = await system.TenantAsync("waits", 10, new FakeProject { Overlap = 2 });
        var waiting = await RefiningSystem.WaitingAsync(labels, 10);
        using var client = system.Running.Client("acme");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "mails" }), HttpStatusCode.Created, Ct);
        var answered = 0;
        system.Model.Script = async (call, ct) =>
        {
            if (Volatile.Read(ref answered) >= 40 && call.Number <= 60) await Task.Delay(Timeout.Infinite, ct); // so that it is in the middle when it dies
            Interlocked.Increment(ref answered);
            return call.Record.Contains("\"id\":7,", StringComparison.Ordinal) ? ModelAnswer.Of("no") : ModelAnswer.Valid(call);
        };
        var refinement = JsonElement.Parse("""{"enable_ai_enhancement":true,"ai":{"tasks":["summary","entities"]}}""");
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl", refinement_config = refinement }, Ct);
        await RunningSystem.WaitAsync("answers", () => Task.FromResult(Volatile.Read(ref answered) >= 40), Ct);
        await system.Worker.KillAsync(Ct);
        var before = system.Model.Calls.Count;
        system.Model.Script = (call, _) => Task.FromResult(call.Record.Contains("\"id\":7,", StringComparison.Ordinal) ? ModelAnswer.Of("no") : ModelAnswer.Valid(call));
        system.StartWorker();
        await CheckModelAsync(client, id, answered, before);
        await CheckAnnotatedAsync(labels, waiting);
    }

    [Fact]
    public async Task Budgets_are_the_operators_to_set_and_shown_to_their_tenant_alone()
    {
        using var stranger = system.Running.Client("budgeted");
        using var operators = system.Running.Client("budgeted", "operator");
        using (var set = await operators.PutAsJsonAsync("api/ai/budget", new { token_limit = 5, day_token_limit = 3 }, Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using (var priced = await operators.PutAsJsonAsync("api/ai/budget", new { cost_limit = 5 }, Ct)) Assert.Equal(HttpStatusCode.UnprocessableEntity, priced.StatusCode); // no prices: it would never be reached
        var limits = await stranger.GetJsonAsync("api/ai/usage", Ct);
        Assert.Equal((5, 3, 0), (limits.GetProperty("token_limit").GetInt32(), limits.GetProperty("day_token_limit").GetInt32(), limits.GetProperty("calls").GetInt32()));
        using var other = system.Running.Client("other");
        limits = await other.GetJsonAsync("api/ai/usage", Ct);
        Assert.Equal((1_000_000, JsonValueKind.Null), (limits.GetProperty("token_limit").GetInt32(), limits.GetProperty("day_token_limit").ValueKind));
        await stranger.PostAsync("api/sources", system.Running.Source("s", new { table = "mails" }), HttpStatusCode.Created, Ct);
        var refused = await stranger.PostAsync("api/sync/start", new { source_id = "s", refinement_config = JsonElement.Parse("""{"enable_ai_enhancement":true,"ai_model":"other"}""") }, HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal("/refinement_config/ai_model", refused.GetProperty("errors")[0].GetProperty("path").GetString());
    }

    private async Task CheckModelAsync(HttpClient client, Guid id, int answered, int before)
    {
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        var ai = job.GetProperty("enriched").GetProperty("ai");
        Assert.Equal((RefiningSystem.Mails - 1, 1), (ai.GetProperty("completed").GetInt32(), ai.GetProperty("failed").GetInt32()));

        // Of the answers given before the kill none is asked for again, but those that had not arrived when it died, and the record that fails each time.
        Assert.InRange(system.Model.Calls.Count - before, RefiningSystem.Mails - answered, RefiningSystem.Mails - 40 + 8 + 3);
        var lines = (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(RefiningSystem.Mails, lines.Length);
        Assert.All(lines, line => Assert.Equal("m", JsonElement.Parse(line).GetProperty("_ai").GetProperty("model").GetString()));

        // What each record paid is on it and on the job, whichever worker paid: an answer for each, and three for the one that fails.
        Assert.Equal((RefiningSystem.Mails + 2, 0), (ai.GetProperty("calls").GetInt32(), ai.GetProperty("cached").GetInt32()));
        Assert.Equal(100 * (RefiningSystem.Mails + 2), ai.GetProperty("input_tokens").GetInt32());
        Assert.All(lines, (line, i) => Assert.Equal(i == 6 ? 300 : 100, JsonElement.Parse(line).GetProperty("_ai").GetProperty("input_tokens").GetInt32()));
        Assert.DoesNotContain(system.Model.Calls, call => call.Body.GetRawText().Contains("@example.com", StringComparison.Ordinal));
        var failed = Assert.Single((await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?kind=ai&outcome=failed", Ct)).GetProperty("items").EnumerateArray());
        Assert.Equal((6, "invalid_answer"), (failed.GetProperty("seq").GetInt32(), failed.GetProperty("problem").GetString()));
        var page = await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?page_size=100", Ct);
        var rest = await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?page_size=100&cursor={page.GetProperty("next_cursor").GetString()}", Ct);
        Assert.Equal((100, RefiningSystem.Mails - 100), (page.GetProperty("items").GetArrayLength(), rest.GetProperty("items").GetArrayLength()));
        var usage = await client.GetJsonAsync("api/ai/usage", Ct);

        // The estimates of calls that were about to be made when it died stand.
        Assert.InRange(usage.GetProperty("calls").GetInt64(), ai.GetProperty("calls").GetInt64(), system.Model.Calls.Count + 16);
        Assert.Equal(usage.GetProperty("input_tokens").GetInt64() + usage.GetProperty("output_tokens").GetInt64(), usage.GetProperty("day_tokens").GetInt64());
        using var stranger = system.Running.Client("stranger");
        Assert.Equal(0, (await stranger.GetJsonAsync("api/ai/usage", Ct)).GetProperty("calls").GetInt64());
        await stranger.GetJsonAsync($"api/sync/jobs/{id}/enrichments", Ct, HttpStatusCode.NotFound);
    }

    private async Task CheckAnnotatedAsync(HttpClient client, Guid job)
    {
        var tasks = system.Fake.Work.Tasks(10);
        Assert.Equal(RefiningSystem.Rows, tasks.Count);
        foreach (var task in tasks) system.Fake.Work.Annotate(task.Id, 1, Bad);
        foreach (var task in tasks) system.Fake.Work.Annotate(task.Id, 2, Good);
        await RefiningSystem.HintAsync(client, 10);
        var ended = await client.EndAsync(job, Ct);
        Assert.True(ended.GetProperty("status").GetString() == "completed", $"{ended.GetRawText()}\n{system.Worker.Log}");
        var lines = (await client.ExportAsync(job, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(RefiningSystem.Rows, lines.Length);
        foreach (var (i, line) in lines.Index())
        {
            var record = JsonElement.Parse(line);
            Assert.StartsWith($$"""{"id":{{i + 1}},"text":"Text {{i + 1}} 好","price":{{(i + 1) * 11 / 10}}.{{(i + 1) * 11 % 10}}0,""", line, StringComparison.Ordinal);
            var made = record.GetProperty("_label_studio");
            Assert.Equal("completed", made.GetProperty("outcome").GetString());
            Assert.Equal($"Text {i + 1} 好", system.Fake.Work.Task(made.GetProperty("task_id").GetInt64()).Data["text"]!.GetValue<string>());
            Assert.Equal("good", made.GetProperty("annotations")[0].GetProperty("result")[0].GetProperty("value").GetProperty("choices")[0].GetString());
            Assert.Equal([1, 2], made.GetProperty("raw").EnumerateArray().Select(a => a.GetProperty("completed_by").GetProperty("id").GetInt32()));
        }

        Assert.False(system.Fake.Work.WasWiped);
    }
}
