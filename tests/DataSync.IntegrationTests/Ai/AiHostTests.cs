using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using Npgsql;

namespace DataSync.IntegrationTests.Ai;

/// <summary>The model over HTTP, with API and workers as processes: what a caller sees, and a worker that is killed in the middle.</summary>
public sealed class AiHostTests : IAsyncLifetime
{
    private const int Records = 120;
    private readonly RunningSystem _running = new();
    private FakeModel _model = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync(Ct);
        _running.Settings.AddRange([("AI_ENHANCEMENT_BASE_URL", _model.BaseUrl.AbsoluteUri), ("AI_ENHANCEMENT_API_KEY", "key"), ("AI_ENHANCEMENT_MODEL", "m"), ("AI_ENHANCEMENT_MAX_CONCURRENCY", "4"), ("AI_ENHANCEMENT_TENANT_TOKENS", "1000000")]);
        await _running.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(_running.SourceDatabase);
        await using var make = source.CreateCommand($"CREATE TABLE mails (id bigint PRIMARY KEY, body text); INSERT INTO mails SELECT i, 'Mail ' || i || ' from anna' || i || '@example.com' FROM generate_series(1, {Records}) i");
        await make.ExecuteNonQueryAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        await _model.DisposeAsync();
    }

    [Fact]
    public async Task Killed_worker_is_followed_by_another_and_the_caller_sees_every_record_its_values_and_its_cost()
    {
        using var client = _running.Client("acme");
        await client.PostAsync("api/sources", _running.Source("s", new { table = "mails" }), HttpStatusCode.Created, Ct);
        var answered = 0;
        _model.Script = async (call, ct) =>
        {
            if (Volatile.Read(ref answered) >= 40 && call.Number <= 60) await Task.Delay(Timeout.Infinite, ct); // so that it is in the middle when it dies
            Interlocked.Increment(ref answered);
            return call.Record.Contains("\"id\":7,", StringComparison.Ordinal) ? ModelAnswer.Of("no") : ModelAnswer.Valid(call);
        };
        var worker = _running.Start("worker", ("DATASYNC_WORKER_URLS", $"http://127.0.0.1:{RunningSystem.FreePort()}"));
        var refinement = JsonElement.Parse("""{"enable_ai_enhancement":true,"ai":{"tasks":["summary","entities"]}}""");
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl", refinement_config = refinement }, Ct);
        await RunningSystem.WaitAsync("answers", () => Task.FromResult(Volatile.Read(ref answered) >= 40), Ct);
        await worker.KillAsync(Ct);
        var before = _model.Calls.Count;
        _model.Script = (call, _) => Task.FromResult(call.Record.Contains("\"id\":7,", StringComparison.Ordinal) ? ModelAnswer.Of("no") : ModelAnswer.Valid(call));
        _running.Start("worker", ("DATASYNC_WORKER_URLS", $"http://127.0.0.1:{RunningSystem.FreePort()}"));
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        var ai = job.GetProperty("enriched").GetProperty("ai");
        Assert.Equal((Records - 1, 1), (ai.GetProperty("completed").GetInt32(), ai.GetProperty("failed").GetInt32()));

        // Of the answers given before the kill none is asked for again, but those that had not arrived when it died, and the record that fails each time.
        Assert.InRange(_model.Calls.Count - before, Records - answered, Records - 40 + 8 + 3);
        var lines = (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Records, lines.Length);
        Assert.All(lines, line => Assert.Equal("m", JsonElement.Parse(line).GetProperty("_ai").GetProperty("model").GetString()));
        Assert.DoesNotContain(_model.Calls, call => call.Body.GetRawText().Contains("@example.com", StringComparison.Ordinal));
        var failed = Assert.Single((await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?kind=ai&outcome=failed", Ct)).GetProperty("items").EnumerateArray());
        Assert.Equal((6, "invalid_answer"), (failed.GetProperty("seq").GetInt32(), failed.GetProperty("problem").GetString()));
        var page = await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?page_size=100", Ct);
        var rest = await client.GetJsonAsync($"api/sync/jobs/{id}/enrichments?page_size=100&cursor={page.GetProperty("next_cursor").GetString()}", Ct);
        Assert.Equal((100, Records - 100), (page.GetProperty("items").GetArrayLength(), rest.GetProperty("items").GetArrayLength()));
        var usage = await client.GetJsonAsync("api/ai/usage", Ct);

        // The estimates of calls that were about to be made when it died stand.
        Assert.InRange(usage.GetProperty("calls").GetInt64(), ai.GetProperty("calls").GetInt64(), _model.Calls.Count + 16);
        Assert.Equal(1_000_000, usage.GetProperty("token_limit").GetInt64());
        Assert.Equal(JsonValueKind.Null, usage.GetProperty("day_token_limit").ValueKind);
        Assert.Equal(usage.GetProperty("input_tokens").GetInt64() + usage.GetProperty("output_tokens").GetInt64(), usage.GetProperty("day_tokens").GetInt64());
        using var stranger = _running.Client("stranger");
        using (var operators = _running.Client("stranger", "operator"))
        {
            using var set = await operators.PutAsJsonAsync("api/ai/budget", new { token_limit = 5, day_token_limit = 3 }, Ct);
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
            using var priced = await operators.PutAsJsonAsync("api/ai/budget", new { cost_limit = 5 }, Ct);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, priced.StatusCode); // no prices: it would never be reached
        }

        var limits = await stranger.GetJsonAsync("api/ai/usage", Ct);
        Assert.Equal((5, 3), (limits.GetProperty("token_limit").GetInt32(), limits.GetProperty("day_token_limit").GetInt32()));
        Assert.Equal(1_000_000, (await client.GetJsonAsync("api/ai/usage", Ct)).GetProperty("token_limit").GetInt64());
        Assert.Equal(0, (await stranger.GetJsonAsync("api/ai/usage", Ct)).GetProperty("calls").GetInt64());
        await stranger.GetJsonAsync($"api/sync/jobs/{id}/enrichments", Ct, HttpStatusCode.NotFound);
        var refused = await client.PostAsync("api/sync/start", new { source_id = "s", refinement_config = JsonElement.Parse("""{"enable_ai_enhancement":true,"ai_model":"other"}""") }, HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal("/refinement_config/ai_model", refused.GetProperty("errors")[0].GetProperty("path").GetString());
    }
}
