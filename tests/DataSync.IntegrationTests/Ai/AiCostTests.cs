using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Refine.Ai;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Budget;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Ai;

/// <summary>What is paid for, and what is not: answers kept, budgets, kills.</summary>
[Collection(AiTests.Name)]
public sealed class AiCostTests(AiRig rig)
{
    private static readonly SyncPlan Summary = AiRig.Plan("""{"tasks":["summary"]}""");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Same_question_is_paid_for_once_and_no_tenant_gets_anothers_answer()
    {
        Script();
        string[] records = [.. Enumerable.Range(0, 40).Select(i => $$"""{"t":"{{i % 10}}"}""")];
        var first = await rig.RunAsync("kept", records, Summary, Ct);
        Assert.Equal((10L, 30L, 10), (first.Count("calls"), first.Count("cached"), rig.Model.Calls.Count));
        var second = await rig.RunAsync("kept", records, Summary, Ct);
        Assert.Equal((0L, 40L, 10), (second.Count("calls"), second.Count("cached"), rig.Model.Calls.Count));
        Assert.Equal(Values(first), Values(second));
        Assert.Equal(10, (await rig.RunAsync("other", records, Summary, Ct)).Count("calls"));
        Assert.Equal(10, (await rig.RunAsync("kept", records, AiRig.Plan("""{"tasks":["summary"],"instructions":"Be brief."}"""), Ct)).Count("calls"));

        static IEnumerable<string> Values(AiJob job) => Enumerable.Range(0, job.Lines.Length).Select(i => job.Ai(i).GetProperty("values").GetRawText());
    }

    [Fact]
    public async Task Killed_worker_is_followed_by_one_that_asks_for_no_answer_that_was_given()
    {
        rig.Model.Forget();
        using var killed = new CancellationTokenSource();
        rig.Model.Script = async (call, ct) =>
        {
            if (call.Number % 7 == 0) await Task.Delay(20, ct);
            return ModelAnswer.Valid(call);
        };
        string[] records = [.. Enumerable.Range(0, 400).Select(i => $$"""{"t":"killed {{i}}"}""")];
        await using var engine = await rig.EngineAsync(rig.Options(o => o.MaxConcurrency = 4), Ct);
        var id = await rig.QueueAsync("killed", records, Summary, Ct);
        var running = engine.RunAsync("killed", id, killed.Token);
        await engine.UntilAsync("SELECT count(*) >= 100 FROM ai_answers WHERE tenant_id = 'killed'", Ct);
        await killed.CancelAsync();
        await running;
        Assert.Equal("queued", await engine.StatusAsync(id, Ct));
        var answered = await engine.ScalarAsync<long>("SELECT count(*) FROM ai_answers WHERE tenant_id = 'killed'", Ct);
        var asked = rig.Model.Calls.Count;
        Assert.InRange(asked - answered, 0, 4); // those that were on their way
        await engine.RunAsync("killed", id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal(("completed", 400L), (job.Status, job.Count("completed")));
        Assert.Equal(400 - answered, rig.Model.Calls.Count - asked);
        Assert.Equal(records.Length, job.Rows.Length);

        // Each record has paid for its own answer, whichever worker asked.
        Assert.Equal((400L, 0L), (job.Count("calls"), job.Count("cached")));
        Assert.All(Enumerable.Range(0, records.Length), i => Assert.True(job.Ai(i).GetProperty("input_tokens").GetInt64() > 0 && !job.Ai(i).GetProperty("cached").GetBoolean()));
        Assert.Equal(job.Count("input_tokens"), Enumerable.Range(0, records.Length).Sum(i => job.Ai(i).GetProperty("input_tokens").GetInt64()));
    }

    [Fact]
    public async Task Killed_worker_is_followed_by_one_that_pays_for_no_invalid_answer_again()
    {
        var released = false;
        rig.Model.Forget();
        rig.Model.Script = async (call, ct) =>
        {
            var kind = JsonElement.Parse(call.Record).GetProperty("t").GetString();
            if (kind == "bad" || (kind == "half" && call.Messages.Length == 2)) return ModelAnswer.Of("[]");
            if (!released) await Task.Delay(Timeout.Infinite, ct);
            return ModelAnswer.Valid(call);
        };
        string[] records = ["""{"t":"slow"}""", """{"t":"bad"}""", """{"t":"half"}"""]; // nothing is committed before the first
        await using var engine = await rig.EngineAsync(rig.Options(), Ct);
        using var killed = new CancellationTokenSource();
        var id = await rig.QueueAsync("invalid", records, Summary, Ct);
        var running = engine.RunAsync("invalid", id, killed.Token);
        await engine.UntilAsync("SELECT count(*) FILTER (WHERE answer->>'asked' = '2') = 1 AND count(*) FILTER (WHERE answer->>'asked' = '0') = 1 FROM ai_answers WHERE tenant_id = 'invalid'", Ct);
        await killed.CancelAsync();
        await running;
        Assert.Equal("queued", await engine.StatusAsync(id, Ct));
        (released, var asked) = (true, rig.Model.Calls.Count);
        await engine.RunAsync("invalid", id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal(["0 completed -", "1 failed invalid_answer", "2 completed -"], job.Rows);
        Assert.Equal([("half", 4), ("slow", 2)], rig.Model.Calls.Skip(asked).Select(c => (JsonElement.Parse(c.Record).GetProperty("t").GetString()!, c.Messages.Length)).Order());

        // Calls that were out when the worker died are nobody's: one of the slow record, and of the half one where it went out. All others are their records'.
        Assert.Equal((6L, 3L), (job.Count("calls"), job.Count("reasks")));
        Assert.Equal(job.Count("input_tokens"), Enumerable.Range(0, 3).Sum(i => job.Ai(i).GetProperty("input_tokens").GetInt64()));

        // Another job asks anew.
        var again = await rig.RunAsync("invalid", records, Summary, Ct);
        Assert.Equal((3L, 2L), (again.Count("calls"), again.Count("cached")));
    }

    [Fact]
    public async Task Killed_worker_is_followed_by_one_that_counts_an_answer_of_several_records_once()
    {
        var job = await KilledAsync("alike", ["slow", "alike", "alike"], call => IsSlow(call) ? null : ModelAnswer.Valid(call), "SELECT count(*) = 1 FROM ai_answers WHERE tenant_id = 'alike'");
        Assert.Equal((2L, 1L, 200L), (job.Count("calls"), job.Count("cached"), job.Count("input_tokens")));
        Assert.Equal([0L, 100L, 100L], Enumerable.Range(0, 3).Select(i => InputOf(job, i)).Order());
    }

    [Fact]
    public async Task Killed_worker_is_followed_by_one_whose_records_show_what_calls_without_an_answer_cost()
    {
        var isFirst = true;
        var job = await KilledAsync("unanswered", ["slow", "refused", "broken"], call => TextOf(call) switch
        {
            "refused" => ModelAnswer.Of("", "content_filter"),
            "broken" when Interlocked.Exchange(ref isFirst, false) => ModelAnswer.Reset,
            _ => null,
        }, "SELECT count(*) = 2 FROM ai_answers WHERE tenant_id = 'unanswered' AND calls = 1");
        Assert.Equal(["0 completed -", "1 failed refused", "2 completed -"], job.Rows);
        Assert.Equal((5L, 1L), (job.Count("calls"), job.Count("estimated")));
        Assert.Equal((100L, 200L), (InputOf(job, 0), InputOf(job, 1)));
        Assert.True(InputOf(job, 2) > 200 && job.Ai(2).GetProperty("estimated").GetBoolean());
    }

    [Fact]
    public async Task Own_answer_that_does_not_hold_any_more_has_cost_its_record_what_it_cost()
    {
        var job = await KilledAsync("outdated", ["slow", "outdated"], call => IsSlow(call) ? null : ModelAnswer.Valid(call), "SELECT count(*) = 1 FROM ai_answers WHERE tenant_id = 'outdated'",
            "UPDATE ai_answers SET answer = '[]' WHERE tenant_id = 'outdated'");
        Assert.Equal((3L, 0L), (job.Count("calls"), job.Count("cached")));
        Assert.Equal((100L, 200L), (InputOf(job, 0), InputOf(job, 1)));
    }

    [Fact]
    public async Task Answer_that_was_kept_before_it_was_noted_who_paid_costs_nothing()
    {
        var job = await KilledAsync("unnoted", ["slow", "unnoted"], call => IsSlow(call) ? null : ModelAnswer.Valid(call), "SELECT count(*) = 1 FROM ai_answers WHERE tenant_id = 'unnoted'",
            "UPDATE ai_answers SET job_id = NULL, seq = 0, calls = 0 WHERE tenant_id = 'unnoted'");
        Assert.Equal((1L, 1L, 100L), (job.Count("calls"), job.Count("cached"), job.Count("input_tokens")));
    }

    [Fact]
    public async Task Job_that_went_back_into_the_queue_shows_what_its_failed_calls_may_have_cost()
    {
        rig.Model.Forget();
        rig.Model.Script = static (_, _) => Task.FromResult(ModelAnswer.Reset);
        string[] records = ["""{"t":"sent back"}"""];
        var options = rig.Options();
        await using var engine = await rig.EngineAsync(options, Ct);
        var id = await rig.QueueAsync("sent back", records, Summary, Ct);
        await engine.RunAsync("sent back", id, CancellationToken.None);
        Assert.Equal(("queued", 4), (await engine.StatusAsync(id, Ct), rig.Model.Calls.Count));
        rig.Model.Script = static (call, _) => Task.FromResult(ModelAnswer.Valid(call));
        await engine.RunAsync("sent back", id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal(("completed", 5L, 4L), (job.Status, job.Count("calls"), job.Count("estimated")));
        var (used, _) = await Store(options).UsageAsync("sent back", Ct);
        Assert.Equal((5, job.Count("input_tokens"), job.Count("output_tokens")), (used.Calls, used.InputTokens, used.OutputTokens));

        // Another job has the answer for nothing.
        var again = await rig.RunAsync("sent back", records, Summary, Ct);
        Assert.Equal((0L, 1L, 0L, 0L), (again.Count("calls"), again.Count("cached"), again.Count("input_tokens"), InputOf(again, 0)));
    }

    [Fact]
    public async Task Budget_is_never_passed_and_the_rest_goes_on_without_or_fails_as_asked()
    {
        Script();
        var options = rig.Options(o => (o.TenantTokens, o.MaxOutputTokens, o.MaxConcurrency) = (3000, 100, 8));
        await using var engine = await rig.EngineAsync(options, Ct);
        string[] records = [.. Enumerable.Range(0, 60).Select(i => $$"""{"t":"budget {{i}}"}""")];
        var id = await rig.QueueAsync("poor", records, Summary, Ct);
        await engine.RunAsync("poor", id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal("completed", job.Status);
        Assert.Equal(60, job.Count("completed") + job.Count("over_budget"));
        Assert.InRange(job.Count("completed"), 15, 25);
        Assert.InRange(job.Count("input_tokens") + job.Count("output_tokens"), 1, 3000);
        Assert.Equal(rig.Model.Calls.Count, job.Count("calls"));
        var (used, _) = await Store(options).UsageAsync("poor", Ct);
        Assert.Equal((job.Count("calls"), job.Count("input_tokens"), job.Count("output_tokens")), (used.Calls, used.InputTokens, used.OutputTokens));

        id = await rig.QueueAsync("poor", ["""{"t":"one more"}"""], AiRig.Plan("""{"tasks":["summary"],"over_budget":"fail"}"""), Ct);
        await engine.RunAsync("poor", id, CancellationToken.None);
        var failed = await rig.CollectAsync(id, Ct);
        Assert.Equal(("failed", "errors.ai.budget"), (failed.Status, failed.Error));
    }

    [Fact]
    public async Task A_tenants_own_budget_holds_for_it_alone_and_holds_nobody_else_up()
    {
        var held = new TaskCompletionSource();
        rig.Model.Forget();
        rig.Model.Script = async (call, ct) =>
        {
            if (call.Record.Contains("tight", StringComparison.Ordinal)) await held.Task.WaitAsync(ct);
            return ModelAnswer.Valid(call);
        };
        var options = rig.Options(o => o.MaxOutputTokens = 100);
        await Store(options).SetBudgetAsync("tight", new BudgetBody(1500, null, null, null), "operator", Ct);
        await using var engine = await rig.EngineAsync(options, Ct);
        var tight = await rig.QueueAsync("tight", [.. Enumerable.Range(0, 30).Select(i => $$"""{"t":"tight {{i}}"}""")], Summary, Ct);
        var running = engine.RunAsync("tight", tight, CancellationToken.None);
        while (rig.Model.Calls.Count == 0) await Task.Delay(10, Ct);

        // The first one's calls are out, its budget is taken by their estimates, and those behind wait to learn what they took.
        var free = await rig.QueueAsync("free", [.. Enumerable.Range(0, 40).Select(i => $$"""{"t":"free {{i}}"}""")], Summary, Ct);
        await engine.RunAsync("free", free, CancellationToken.None);
        var other = await rig.CollectAsync(free, Ct);
        Assert.Equal(("completed", 40L, false), (other.Status, other.Count("completed"), running.IsCompleted));
        held.SetResult();
        await running;
        var job = await rig.CollectAsync(tight, Ct);
        Assert.Equal(("completed", 30L), (job.Status, job.Count("completed") + job.Count("over_budget")));
        Assert.InRange(job.Count("completed"), 1, 12);
        var (used, limits) = await Store(options).UsageAsync("tight", Ct);
        Assert.InRange(used.InputTokens + used.OutputTokens, 1, 1500);
        Assert.Equal(new ModelBudget(1500, 0, 0, 0), limits);
        Assert.Equal(new ModelBudget(0, 0, 0, 0), (await Store(options).UsageAsync("free", Ct)).Limits);

        // 0 is no limit, also where all others have one; what is left out is theirs.
        options = rig.Options(o => (o.MaxOutputTokens, o.TenantTokens, o.TenantDayTokens) = (100, 1, 1));
        await Store(options).SetBudgetAsync("tight", new BudgetBody(0, null, 0, null), "operator", Ct);
        await using var strict = await rig.EngineAsync(options, Ct);
        tight = await rig.QueueAsync("tight", ["""{"t":"let go"}"""], Summary, Ct);
        await strict.RunAsync("tight", tight, CancellationToken.None);
        Assert.Equal(["0 completed -"], (await rig.CollectAsync(tight, Ct)).Rows);
        free = await rig.QueueAsync("free", ["""{"t":"held"}"""], Summary, Ct);
        await strict.RunAsync("free", free, CancellationToken.None);
        Assert.Equal(["0 over_budget over_budget"], (await rig.CollectAsync(free, Ct)).Rows);
    }

    [Fact]
    public async Task A_days_budget_is_there_again_the_next_day_and_the_months_is_not()
    {
        Script();
        var options = rig.Options(o => (o.InputPrice, o.OutputPrice, o.MaxOutputTokens, o.TenantDayBudget) = (1, 1, 100, 0.0015m));
        await using var engine = await rig.EngineAsync(options, Ct);
        var first = await DayAsync("today");
        Assert.InRange(first.Count("completed"), 1, 12);
        var again = await DayAsync("again"); // what the estimates of the first kept free at most
        Assert.InRange(first.Count("completed") + again.Count("completed"), 1, 12);
        var (used, limits) = await Store(options).UsageAsync("daily", Ct);
        Assert.InRange(used.CostMicros, 1, 1500);
        Assert.Equal((used.InputTokens + used.OutputTokens, used.CostMicros, 1500), (used.DayTokens, used.DayCostMicros, limits.DayCostMicros));
        await TurnAsync();
        (used, _) = await Store(options).UsageAsync("daily", Ct);
        Assert.Equal((0, 0), (used.DayTokens, used.DayCostMicros));
        var second = await DayAsync("tomorrow");
        Assert.InRange(second.Count("completed"), 1, 12);
        (used, _) = await Store(options).UsageAsync("daily", Ct);
        Assert.Equal(120 * (first.Count("completed") + again.Count("completed") + second.Count("completed")), used.CostMicros);
        Assert.Equal(120 * second.Count("completed"), used.DayTokens);
        await Store(options).SetBudgetAsync("daily", new BudgetBody(used.InputTokens + used.OutputTokens, null, null, null), "operator", Ct);
        await TurnAsync();
        Assert.Equal(0, (await DayAsync("the day after")).Count("completed"));

        async Task<AiJob> DayAsync(string what)
        {
            var id = await rig.QueueAsync("daily", [.. Enumerable.Range(0, 20).Select(i => $$"""{"t":"{{what}} {{i}}"}""")], Summary, Ct);
            await engine.RunAsync("daily", id, CancellationToken.None);
            return await rig.CollectAsync(id, Ct);
        }

        // As if a day had passed, within a month.
        async Task TurnAsync()
        {
            await using var turn = rig.Database.Superuser.CreateCommand("UPDATE ai_usage SET day = day - 1 WHERE tenant_id = 'daily'");
            Assert.Equal(1, await turn.ExecuteNonQueryAsync(Ct));
        }
    }

    [Fact]
    public async Task Tokens_have_a_price_on_record_job_and_tenant()
    {
        Script();
        var options = rig.Options(o => (o.InputPrice, o.OutputPrice) = (2, 10));
        await using var engine = await rig.EngineAsync(options, Ct);
        var id = await rig.QueueAsync("priced", ["""{"t":"a"}""", """{"t":"b"}"""], Summary, Ct);
        await engine.RunAsync("priced", id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal(0.0004m, job.Ai(0).GetProperty("cost").GetDecimal());
        Assert.Equal(0.0008m, job.Told.GetProperty("cost").GetDecimal());
        Assert.Equal(800, (await Store(options).UsageAsync("priced", Ct)).Used.CostMicros);
    }

    [Fact]
    public async Task Streamed_records_leave_nothing_behind_but_counts()
    {
        Script();
        var enricher = new AiEnricher(rig.NewModel(rig.Options()), NullLogger<AiEnricher>.Instance);
        var run = TestJobs.Attempt("streamed", "s", Guid.CreateVersion7(), 1, Summary with { Mode = SyncModes.Realtime }, new Checkpoint());
        await using var enrichment = await enricher.OpenAsync(run, Ct);
        for (var round = 0; round < 2; round++)
        {
            var buffer = new RecordBuffer();
            for (var i = 0; i < 20; i++) buffer.Add(Encoding.UTF8.GetBytes($$"""{"t":"streamed {{i}}"}"""));
            using var batch = new RecordBatch(0, buffer);
            batch.Reject(3, new Rejection("r", "c", "m"));
            var results = await enrichment.EnrichAsync(batch, Ct);
            Assert.Equal(Enumerable.Range(0, 20).Select(i => i != 3), results.Select(r => !r.IsEmpty));
            Assert.All(results.Where(r => !r.IsEmpty), r => Assert.Equal("completed", JsonElement.Parse(r.Span).GetProperty("outcome").GetString()));
        }

        Assert.Equal(38, rig.Model.Calls.Count);
        await using var kept = rig.Database.Superuser.CreateCommand("SELECT (SELECT count(*) FROM ai_answers WHERE tenant_id = 'streamed') + (SELECT count(*) FROM sync_enrichments WHERE tenant_id = 'streamed')");
        Assert.Equal(0L, await kept.ExecuteScalarAsync(Ct));
        Assert.Equal(38L, run.Progress.EnrichmentSummaries!["ai"].GetProperty("completed").GetInt64());
    }

    private static string TextOf(ModelCall call) => JsonElement.Parse(call.Record).GetProperty("t").GetString()!;

    private static bool IsSlow(ModelCall call) => TextOf(call) == "slow";

    private static long InputOf(AiJob job, int record) => job.Ai(record).GetProperty("input_tokens").GetInt64();

    /// <summary>Runs a job whose worker is killed once a condition holds, and another that ends it. Calls that the script has no answer for are held until the other comes.</summary>
    private async Task<AiJob> KilledAsync(string tenant, string[] texts, Func<ModelCall, ModelAnswer?> script, string until, string? between = null)
    {
        var released = false;
        rig.Model.Forget();
        rig.Model.Script = async (call, ct) =>
        {
            if (script(call) is { } answer) return answer;
            if (!Volatile.Read(ref released)) await Task.Delay(Timeout.Infinite, ct);
            return ModelAnswer.Valid(call);
        };
        await using var engine = await rig.EngineAsync(rig.Options(), Ct);
        using var killed = new CancellationTokenSource();
        var id = await rig.QueueAsync(tenant, [.. texts.Select(t => $$"""{"t":"{{t}}"}""")], Summary, Ct);
        var running = engine.RunAsync(tenant, id, killed.Token);
        await engine.UntilAsync(until, Ct);
        await killed.CancelAsync();
        await running;
        Assert.Equal("queued", await engine.StatusAsync(id, Ct));
        if (between is not null) await engine.ScalarAsync<object>(between, Ct);
        Volatile.Write(ref released, true);
        await engine.RunAsync(tenant, id, CancellationToken.None);
        var job = await rig.CollectAsync(id, Ct);
        Assert.Equal("completed", job.Status);
        return job;
    }

    private AnswerStore Store(AiOptions options) => new(new TestJobs(rig.Database).Tenants, options);

    private void Script()
    {
        rig.Model.Forget();
        rig.Model.Script = static (call, _) => Task.FromResult(ModelAnswer.Valid(call));
    }
}
