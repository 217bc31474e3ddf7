using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using DataSync.Pipeline;
using DataSync.Refine.Ai;

namespace DataSync.IntegrationTests.Ai;

/// <summary>Answers that look right and are not, calls that may be paid, and a provider that refuses for ever.</summary>
[Collection(AiTests.Name)]
public sealed class AiDoubtTests(AiRig rig)
{
    private static readonly SyncPlan Summary = AiRig.Plan("""{"tasks":["summary"]}""");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Credentials_never_leave_and_come_back_in_the_answer()
    {
        Script(_ => ModelAnswer.Of("""{"summary":{"value":"Bob's password is <SECRET_1>.","confidence":0.9}}"""));
        var job = await rig.RunAsync("secrets", ["""{"user":"bob","password":"correct-horse","api_key":"abcd1234efgh","head":"Bearer 0123456789abcdef","log":"it was correct-horse, sent as 0123456789abcdef"}"""], Summary, Ct);
        Assert.Equal("""{"user":"bob","password":"<SECRET_1>","api_key":"<SECRET_2>","head":"Bearer <SECRET_3>","log":"it was <SECRET_1>, sent as <SECRET_3>"}""", Assert.Single(rig.Model.Calls).Record);
        Assert.Equal("Bob's password is correct-horse.", job.Ai(0).GetProperty("values").GetProperty("summary").GetString());
    }

    [Fact]
    public async Task Number_that_looks_like_a_card_stays_hidden_and_is_answered_as_a_number()
    {
        Script(_ => ModelAnswer.Of("""{"fields":{"value":{"order":"<CARD_1>"},"confidence":0.9}}"""));
        var job = await rig.RunAsync("order", ["""{"order":4111111111111111,"text":"paid"}"""], AiRig.Plan("""{"schema":{"type":"object","properties":{"order":{"type":"integer"}},"required":["order"]}}"""), Ct);
        Assert.Equal("""{"order":"<CARD_1>","text":"paid"}""", Assert.Single(rig.Model.Calls).Record);
        Assert.Equal("""{"order":4111111111111111}""", job.Ai(0).GetProperty("values").GetProperty("fields").GetRawText());
    }

    [Theory]
    [InlineData("twice", """{"summary":"x","summary":{"value":"y","confidence":1}}""")]
    [InlineData("half", """{"summary":{"value":"\ud83d","confidence":1}}""")]
    [InlineData("mangled", """{"summary":{"value":"<email_1> wrote","confidence":1}}""")]
    public async Task Answer_that_only_looks_valid_is_asked_for_again(string tenant, string bad)
    {
        var isFirst = true;
        Script(call => Interlocked.Exchange(ref isFirst, false) ? ModelAnswer.Of(bad) : ModelAnswer.Valid(call));
        var job = await rig.RunAsync(tenant, ["""{"t":"from anna@example.com"}"""], Summary, Ct);
        Assert.Equal(("completed", 1L, 2L, 1L), (job.Status, job.Count("completed"), job.Count("calls"), job.Count("reasks")));
        Assert.Equal(240L, await UsedAsync(tenant, "input_tokens + output_tokens"));
    }

    [Theory]
    [InlineData("kept twice", """{"summary":"x","summary":{"value":"y","confidence":1}}""")]
    [InlineData("kept half", """{"summary":{"value":"\ud83d","confidence":1}}""")]
    [InlineData("kept list", "[]")]
    public async Task Kept_answer_that_does_not_hold_is_passed_over_and_replaced(string tenant, string poison)
    {
        Script(call => ModelAnswer.Valid(call));
        string[] records = ["""{"t":"poisoned"}"""];
        await rig.RunAsync(tenant, records, Summary, Ct);
        await using var plant = rig.Database.Superuser.CreateCommand("UPDATE ai_answers SET answer = $1::json WHERE tenant_id = $2");
        plant.Parameters.Add(new Npgsql.NpgsqlParameter { Value = poison });
        plant.Parameters.Add(new Npgsql.NpgsqlParameter { Value = tenant });
        Assert.Equal(1, await plant.ExecuteNonQueryAsync(Ct));
        var again = await rig.RunAsync(tenant, records, Summary, Ct);
        Assert.Equal(("completed", 1L, 1L, 0L), (again.Status, again.Count("completed"), again.Count("calls"), again.Count("cached")));
        Assert.Equal(1, (await rig.RunAsync(tenant, records, Summary, Ct)).Count("cached"));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zero")]
    [InlineData("negative")]
    public async Task Provider_that_tells_no_usage_is_counted_by_estimate_and_its_budget_has_an_end(string usage)
    {
        Script(call =>
        {
            var valid = ModelAnswer.Valid(call);
            var body = JsonNode.Parse(valid.Body)!.AsObject();
            if (usage == "none") body.Remove("usage");
            else body["usage"] = new JsonObject { ["prompt_tokens"] = usage == "zero" ? 0 : -100, ["completion_tokens"] = usage == "zero" ? 0 : 20, ["total_tokens"] = 0 };
            return valid with { Body = body.ToJsonString() };
        });
        await using var engine = await rig.EngineAsync(rig.Options(o => (o.TenantTokens, o.MaxOutputTokens, o.MaxConcurrency) = (6000, 100, 2)), Ct);
        var tenant = "usage " + usage;
        var id = await rig.QueueAsync(tenant, [.. Enumerable.Range(0, 40).Select(i => $$"""{"t":"usage {{i}}"}""")], Summary, Ct);
        await engine.RunAsync(tenant, id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.InRange(job.Count("completed"), 1, 30);
        Assert.Equal(40, job.Count("completed") + job.Count("over_budget"));
        Assert.Equal(job.Count("completed"), job.Count("estimated"));
        Assert.True(job.Ai(0).GetProperty("estimated").GetBoolean());
        Assert.Equal(job.Count("input_tokens") + job.Count("output_tokens"), await UsedAsync(tenant, "input_tokens + output_tokens"));
    }

    [Theory]
    [InlineData("reset", 2)]
    [InlineData("broken off", 2)]
    [InlineData("broken off chunked", 2)]
    [InlineData("html", 2)]
    [InlineData("no choice", 2)]
    [InlineData("502", 2)]
    [InlineData("504", 2)]
    [InlineData("500", 1)]
    [InlineData("503", 1)]
    [InlineData("429", 1)]
    public async Task Call_that_failed_is_given_back_only_where_it_surely_was_not_worked_on(string fault, long counted)
    {
        var isFirst = true;
        Script(call => !Interlocked.Exchange(ref isFirst, false) ? ModelAnswer.Valid(call) : fault switch
        {
            "reset" => ModelAnswer.Reset,
            "broken off" => ModelAnswer.Valid(call) with { BreaksOffAt = 40 },
            "broken off chunked" => ModelAnswer.Valid(call) with { BreaksOffAt = 40, IsChunked = true },
            "html" => new ModelAnswer(HttpStatusCode.OK, "<html>proxy</html>"),
            "no choice" => new ModelAnswer(HttpStatusCode.OK, """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}"""),
            _ => ModelAnswer.Error((HttpStatusCode)int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture), "server_error"),
        });
        var tenant = "paid " + fault;
        var job = await rig.RunAsync(tenant, ["""{"t":"paid?"}"""], Summary, Ct);
        Assert.Equal(("completed", 2), (job.Status, rig.Model.Calls.Count));
        Assert.Equal(counted, await UsedAsync(tenant, "calls"));
        Assert.Equal(counted == 2, await UsedAsync(tenant, "input_tokens") > 100);

        // The record and its job tell the same.
        Assert.Equal((counted, counted - 1), (job.Count("calls"), job.Count("estimated")));
        Assert.Equal((await UsedAsync(tenant, "input_tokens"), await UsedAsync(tenant, "output_tokens")), (job.Count("input_tokens"), job.Count("output_tokens")));
        Assert.Equal((job.Count("input_tokens"), counted == 2), (job.Ai(0).GetProperty("input_tokens").GetInt64(), job.Ai(0).GetProperty("estimated").GetBoolean()));
    }

    [Fact]
    public async Task Connection_that_is_refused_costs_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var job = await RunAsync("refused line", o => o.BaseUrl = new Uri($"http://127.0.0.1:{port}/v1"), """{"t":"x"}""");
        Assert.Equal(("queued", "errors.ai.unavailable"), (job.Status, job.Error));
        Assert.Equal(0L, await UsedAsync("refused line", "calls + input_tokens + output_tokens"));
    }

    [Fact]
    public async Task Provider_that_refuses_for_ever_puts_the_job_back()
    {
        Script(_ => ModelAnswer.Error(HttpStatusCode.TooManyRequests, "rate_limit_exceeded", ("retry-after-ms", "1")));
        var job = await RunAsync("refused for ever", o => o.ThrottleTime = TimeSpan.FromMilliseconds(300), """{"t":"x"}""");
        Assert.Equal(("queued", "errors.ai.unavailable"), (job.Status, job.Error));
        Assert.Equal(0L, await UsedAsync("refused for ever", "calls + input_tokens + output_tokens"));
    }

    [Fact]
    public async Task Provider_that_asks_for_more_time_than_anybody_waits_puts_the_job_back_at_once()
    {
        Script(_ => ModelAnswer.Error(HttpStatusCode.TooManyRequests, "rate_limit_exceeded", ("Retry-After", "7200")));
        var job = await RunAsync("later", static _ => { }, """{"t":"x"}"""); // one: another call under way would be broken off, and may have been paid
        Assert.Equal(("queued", "errors.ai.unavailable"), (job.Status, job.Error));
        Assert.Equal(0L, await UsedAsync("later", "calls + input_tokens + output_tokens"));
    }

    [Fact]
    public async Task Record_that_alone_is_refused_for_ever_fails_alone()
    {
        var refused = new TaskCompletionSource();
        rig.Model.Forget();
        rig.Model.Script = async (call, ct) =>
        {
            if (!call.Record.Contains("heavy", StringComparison.Ordinal))
            {
                await refused.Task.WaitAsync(ct);
                return ModelAnswer.Valid(call);
            }

            refused.TrySetResult();
            return ModelAnswer.Error(HttpStatusCode.TooManyRequests, "rate_limit_exceeded", ("retry-after-ms", "1"));
        };
        var job = await RunAsync("heavy", o => o.ThrottleTime = TimeSpan.FromMilliseconds(400), """{"t":"heavy"}""", """{"t":"light"}""");
        Assert.Equal("completed", job.Status);
        Assert.Equal(["0 failed status_429", "1 completed -"], job.Rows);
    }

    private async Task<AiJob> RunAsync(string tenant, Action<AiOptions> change, params string[] records)
    {
        await using var engine = await rig.EngineAsync(rig.Options(change), Ct);
        var id = await rig.QueueAsync(tenant, records, Summary, Ct);
        await engine.RunAsync(tenant, id, CancellationToken.None);
        return await rig.CollectAsync(id, Ct);
    }

    private void Script(Func<ModelCall, ModelAnswer> script)
    {
        rig.Model.Forget();
        rig.Model.Script = (call, _) => Task.FromResult(script(call));
    }

    private async Task<long> UsedAsync(string tenant, string what)
    {
        await using var command = rig.Database.Superuser.CreateCommand($"SELECT coalesce(sum({what}), 0)::bigint FROM ai_usage WHERE tenant_id = $1");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = tenant });
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
