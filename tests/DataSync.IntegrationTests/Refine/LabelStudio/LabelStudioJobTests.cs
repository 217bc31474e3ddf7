using System.Text.Json;
using DataSync.IntegrationTests.Ai;
using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Refine.LabelStudio;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Jobs for annotators in the engine, over a scripted model and a Label Studio that remembers: who is asked about which records, and when.</summary>
[Collection(AiTests.Name)]
public sealed class LabelStudioJobTests(AiRig rig)
{
    private const string Good = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["good"]}}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "1 300 601")]
    [InlineData("low_confidence", "1 300 601")]
    [InlineData("all", "all")]
    public async Task Records_that_the_model_is_not_sure_of_go_to_people_and_the_others_do_not(string? records, string sent)
    {
        const int Count = 603;
        await using var fake = await FakeLabelStudio.StartAsync();
        using var labels = new LabelStudioRig(operators: (fake.Url, fake.Logins.Legacy));
        rig.Model.Forget();
        rig.Model.Script = static (call, _) => Task.FromResult(
            call.Record.Contains("bad", StringComparison.Ordinal) ? ModelAnswer.Of("no") : ModelAnswer.Valid(call, call.Record.Contains("unsure", StringComparison.Ordinal) ? 0.59 : 0.6));
        var tenant = $"labels {records}";
        var (engine, project) = (await EngineAsync(labels, tenant), 1);
        await using var running = engine;
        string[] documents = [.. Enumerable.Range(0, Count).Select(i => i is 1 or 300 or 601 ? $$"""{"t":"unsure {{i}}"}""" : i == 2 ? """{"t":"bad"}""" : """{"t":"sure"}""")];
        var job = await rig.QueueAsync(tenant, documents, Plan($$"""
            {"enable_ai_enhancement":true,"ai":{"tasks":["summary"],"min_confidence":0.6},
             "enable_label_studio":true,"label_studio_project_id":{{project}},"label_studio_records":{{JsonSerializer.Serialize(records)}}}
            """), Ct);
        await engine.RunAsync(tenant, job, CancellationToken.None);
        Assert.Equal("waiting", await engine.StatusAsync(job, Ct));
        var expected = sent == "all" ? Enumerable.Range(0, Count).ToArray() : [1, 300, 601];
        var tasks = fake.Work.Tasks(project);
        Assert.Equal(expected, tasks.Select(t => int.Parse(t.Meta!["datasync_key"]!.GetValue<string>().Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)).Order());
        Assert.Equal(expected.Select(i => JsonElement.Parse(documents[i]).GetProperty("t").GetString()).Order(StringComparer.Ordinal), tasks.Select(t => t.Data["t"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Equal(sent == "all" ? """{"sent":603,"open":603}""" : """{"sent":3,"open":3,"passed_by":600}""", (await ToldAsync(engine, job)).GetProperty("label_studio").GetRawText());

        foreach (var task in tasks) fake.Work.Annotate(task.Id, 1, Good);
        await LookAsync(engine, tenant, job);
        var ended = await rig.CollectAsync(job, Ct);
        Assert.Equal(("completed", 599L, 3L, 1L), (ended.Status, ended.Count("completed"), ended.Count("low_confidence"), ended.Count("failed")));
        Assert.Equal(sent == "all" ? """{"completed":603}""" : """{"completed":3,"passed_by":600}""", (await ToldAsync(engine, job)).GetProperty("label_studio").GetRawText());
        Assert.Equal(expected, ended.Lines.Index().Where(l => JsonElement.Parse(l.Item).GetProperty("_label_studio") is { ValueKind: JsonValueKind.Object } made && made.GetProperty("outcome").ValueEquals("completed")).Select(l => l.Index));
        Assert.All(ended.Lines, line => Assert.Equal(JsonValueKind.Object, JsonElement.Parse(line).GetProperty("_ai").ValueKind));
    }

    [Fact]
    public async Task Where_the_model_is_sure_of_all_nobody_is_asked_and_the_job_does_not_wait()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var labels = new LabelStudioRig(operators: (fake.Url, fake.Logins.Legacy));
        rig.Model.Script = static (call, _) => Task.FromResult(ModelAnswer.Valid(call));
        await using var engine = await EngineAsync(labels, "sure");
        var job = await rig.QueueAsync("sure", ["""{"t":1}""", """{"t":2}"""], Plan("""{"enable_ai_enhancement":true,"enable_label_studio":true,"label_studio_project_id":1}"""), Ct);
        await engine.RunAsync("sure", job, CancellationToken.None);
        Assert.Equal(("completed", """{"sent":0,"open":0,"passed_by":2}"""), (await engine.StatusAsync(job, Ct), (await ToldAsync(engine, job)).GetProperty("label_studio").GetRawText()));
        Assert.Equal(0, fake.Work.Imports);
    }

    [Fact]
    public async Task A_job_that_nobody_hints_at_looks_by_itself()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var labels = new LabelStudioRig(operators: (fake.Url, fake.Logins.Personal), pollSeconds: 1);
        await using var engine = await EngineAsync(labels, "patient");
        var job = await rig.QueueAsync("patient", ["""{"t":1}"""], Plan("""{"enable_label_studio":true,"label_studio_project_id":1}"""), Ct);
        await engine.RunAsync("patient", job, CancellationToken.None);
        Assert.Equal("waiting", await engine.StatusAsync(job, Ct));
        fake.Work.Annotate(Assert.Single(fake.Work.Tasks(1)).Id, 1, Good);
        var began = System.Diagnostics.Stopwatch.StartNew();
        while (await engine.StatusAsync(job, Ct) == "waiting")
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(180), "It did not look.");
            await Task.Delay(50, Ct);
            await engine.Waiting.WakeAsync(Ct);
        }

        await engine.RunAsync("patient", job, CancellationToken.None);
        Assert.Equal("completed", await engine.StatusAsync(job, Ct));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_that_came_long_after_its_record_was_sent_again_is_one_with_it(bool isAnnotated)
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var labels = new LabelStudioRig(operators: (fake.Url, fake.Logins.Legacy));
        var (moment, torn) = (new TaskCompletionSource(), 1);
        fake.Late = asked => asked.StartsWith("POST", StringComparison.Ordinal) && asked.Contains("/import", StringComparison.Ordinal) && Interlocked.Decrement(ref torn) >= 0 ? moment : null;
        var tenant = $"late {isAnnotated}";
        await using var engine = await EngineAsync(labels, tenant);
        var job = await rig.QueueAsync(tenant, ["""{"t":1}"""], Plan("""{"enable_label_studio":true,"label_studio_project_id":1}"""), Ct);
        await engine.RunAsync(tenant, job, CancellationToken.None);
        Assert.Equal("waiting", await engine.StatusAsync(job, Ct));
        var sent = Assert.Single(fake.Work.Tasks(1)).Id;
        moment.SetResult();
        var late = Assert.Single(fake.Work.Tasks(1), t => t.Id != sent).Id;
        var kept = isAnnotated ? late : sent;
        if (isAnnotated) fake.Work.Annotate(late, 1, Good);
        await LookAsync(engine, tenant, job);
        Assert.Equal(kept, Assert.Single(fake.Work.Tasks(1)).Id);
        if (!isAnnotated)
        {
            Assert.Equal("waiting", await engine.StatusAsync(job, Ct));
            fake.Work.Annotate(sent, 1, Good);
            await LookAsync(engine, tenant, job);
        }

        var ended = await rig.CollectAsync(job, Ct);
        Assert.Equal(("completed", """{"completed":1}"""), (ended.Status, (await ToldAsync(engine, job)).GetProperty("label_studio").GetRawText()));
        Assert.Equal(kept, JsonElement.Parse(Assert.Single(ended.Lines)).GetProperty("_label_studio").GetProperty("task_id").GetInt64());
    }

    [Fact]
    public async Task Counts_after_a_worker_died_while_it_took_annotations_are_those_of_what_is_stored()
    {
        const int Count = 150, Chunk = 100;
        await using var fake = await FakeLabelStudio.StartAsync();
        using var labels = new LabelStudioRig(operators: (fake.Url, fake.Logins.Legacy));
        await using var engine = await EngineAsync(labels, "died");
        var job = await rig.QueueAsync("died", [.. Enumerable.Range(0, Count).Select(i => $$"""{"t":{{i}}}""")], Plan("""{"enable_label_studio":true,"label_studio_project_id":1}"""), Ct);
        await engine.RunAsync("died", job, CancellationToken.None);
        var tasks = fake.Work.Tasks(1);
        foreach (var task in tasks) fake.Work.Annotate(task.Id, 1, Good);

        // The look asks for two chunks and finds all done, the taking for the first; then its worker stands still, and to others its session is gone.
        var (still, asked) = (new TaskCompletionSource(), 0);
        fake.Fault = path =>
        {
            if (!path.StartsWith("GET /api/tasks/?", StringComparison.Ordinal) || Interlocked.Increment(ref asked) != 4) return null;
            still.TrySetResult();
            return FakeFault.Silence(before: true);
        };
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() WHERE id = $1", Ct, job);
        await engine.Waiting.WakeAsync(Ct);
        var died = engine.RunAsync("died", job, CancellationToken.None);
        await still.Task.WaitAsync(TimeSpan.FromMinutes(1), Ct);
        Assert.Equal((long)Chunk, await engine.ScalarAsync<long>("SELECT count(*) FROM sync_enrichments WHERE job_id = $1", Ct, job));
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);

        // Meanwhile somebody deletes tasks: one whose result is stored, and one whose result is not.
        foreach (var record in (ReadOnlySpan<int>)[3, Chunk + 3]) fake.Work.Delete(Assert.Single(tasks, t => t.Data["t"]!.GetValue<int>() == record).Id);
        await engine.RunAsync("died", job, CancellationToken.None);
        await died;
        Assert.Equal("completed", await engine.StatusAsync(job, Ct));
        Assert.Equal(149L, await engine.ScalarAsync<long>("SELECT count(*) FROM sync_enrichments WHERE job_id = $1 AND outcome = 'completed'", Ct, job));
        Assert.Equal("""{"completed":149,"deleted":1}""", (await ToldAsync(engine, job)).GetProperty("label_studio").GetRawText());
    }

    private static async Task LookAsync(EngineRig engine, string tenant, Guid job)
    {
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() WHERE id = $1", Ct, job);
        await engine.Waiting.WakeAsync(Ct);
        await engine.RunAsync(tenant, job, CancellationToken.None);
    }

    private static SyncPlan Plan(string refinement) => new() { OutputFormats = ["jsonl"], AnnotationTimeoutSeconds = 600, RefinementConfig = JsonElement.Parse(refinement) };

    /// <summary>A worker with the model and annotators, and a tenant that project 1 is bound to.</summary>
    private async Task<EngineRig> EngineAsync(LabelStudioRig labels, string tenant)
    {
        var floor = labels.Floor(new TestJobs(rig.Database).Tenants);
        await floor.Projects.BindOperatorsAsync(tenant, 1, "operator", Ct);
        return await rig.EngineAsync(rig.Options(), Ct, new LabelStudioEnricher(floor));
    }

    private static async Task<JsonElement> ToldAsync(EngineRig engine, Guid job) => JsonElement.Parse(await engine.ScalarAsync<string>("SELECT enriched::text FROM sync_jobs WHERE id = $1", Ct, job));
}
