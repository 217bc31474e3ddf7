using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Annotation over real HTTP against a Label Studio that remembers, in the engine on a real database.</summary>
public sealed partial class LabelStudioProperties(LabelStudioProperties.Servers servers) : IClassFixture<LabelStudioProperties.Servers>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 11: For any data with Label Studio enabled, the data should be sent to Label Studio, and when annotations are completed, the
    // merged result should contain both original data and annotations.
    // Feature: data-sync-pipeline, Property 14: For any refinement operation that fails, the original data should remain unchanged and accessible.
    [Property(MaxTest = 100)]
    [Trait("Property", "11")]
    [Trait("Property", "14")]
    public Property Records_are_sent_once_and_come_back_unchanged_with_what_people_made_of_them()
        => Prop.ForAll(LabelStudioCase.Any, CheckAsync);

    private async Task CheckAsync(LabelStudioCase given)
    {
        var fake = given.Enterprise ? servers.Enterprise : servers.Community;
        var (project, tenant) = (servers.NextProject(), $"t {Guid.NewGuid():n}");
        var settings = fake.Work.Projects[project] = new FakeProject { Overlap = given.Overlap, SkipQueue = given.SkipQueue };
        var faults = 1;
        fake.Fault = asked => given.Fault.Length == 0 || !asked.StartsWith("POST", StringComparison.Ordinal) || !asked.Contains("/import", StringComparison.Ordinal) || Interlocked.Decrement(ref faults) < 0 ? null
            : given.Fault switch { "reset" => FakeFault.Reset(before: false), "429" => FakeFault.Status(429, "0"), "500" => FakeFault.Status(500, before: false), _ => FakeFault.Cut };
        using var first = new LabelStudioRig(operators: (fake.Url, fake.Logins.Personal));
        using var second = new LabelStudioRig(operators: (fake.Url, fake.Logins.Legacy));
        var enricher = new Current();
        List<(string Raw, JsonElement Made)> exported = [];
        await using var rig = await EngineRig.StartAsync(servers.Database, new EngineOptions(), new ScriptedSource((_, _) => RecordsAsync(given.Records)), new Collecting(exported), Ct, [enricher]);
        enricher.Is = new LabelStudioEnricher(first.Floor(rig.Jobs.Tenants));
        await first.Floor(rig.Jobs.Tenants).Projects.BindOperatorsAsync(tenant, project, "operator", Ct);
        var plan = new SyncPlan { AnnotationTimeoutSeconds = 600, RefinementConfig = JsonElement.Parse($$"""{"enable_label_studio":true,"label_studio_project_id":{{project}},"label_studio_merge":"{{given.Policy}}"}""") };
        var job = await rig.QueueAsync(tenant, Ct, plan);
        await rig.RunAsync(tenant, job, CancellationToken.None);
        Assert.Equal("waiting", await rig.StatusAsync(job, Ct));
        var tasks = fake.Work.Tasks(project).ToDictionary(t => t.Meta!["datasync_key"]!.GetValue<string>().Split(':')[1]);
        Assert.Equal(given.Records.Length, tasks.Count);
        foreach (var (i, record) in given.Records.Index())
        {
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Nul().Replace(record.Document, @"${before}\ufffd")), tasks[$"{i}"].Data), "A record was sent otherwise than it is.");
            record.Do(fake, tasks[$"{i}"].Id);
        }

        if (given.NewProcess) enricher.Is = new LabelStudioEnricher(second.Floor(rig.Jobs.Tenants));
        for (var round = 0; round < 2 && await rig.StatusAsync(job, Ct) == "waiting"; round++)
        {
            await rig.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() - interval '1 second', waiting_since = waiting_since - make_interval(secs => $2) WHERE id = $1", Ct, job, round * 601.0);
            await rig.Waiting.WakeAsync(Ct);
            await rig.RunAsync(tenant, job, CancellationToken.None);
            var open = given.Records.Any(r => r.Outcome(settings) is "partial" or "draft_only" or "timed_out" || (r.Outcome(settings) == "skipped" && !IsSettled(r, settings)));
            if (round == 0) Assert.Equal(open ? "waiting" : "completed", await rig.StatusAsync(job, Ct));
        }

        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal(given.Records.Select(r => r.Document), exported.Select(e => e.Raw));
        foreach (var (record, made) in given.Records.Zip(exported.Select(e => e.Made)))
        {
            Assert.Equal(record.Outcome(settings), made.GetProperty("outcome").GetString());
            var wholes = made.GetProperty("raw").EnumerateArray().ToList();
            Assert.Equal(record.Outcome(settings) == "deleted" ? 0 : record.Deeds.Count(d => d != 'd'), wholes.Count);
            if (record.Choices(given.Policy) is { } choices) Assert.Equal(choices, made.GetProperty("annotations").EnumerateArray().Select(a => string.Concat(a.GetProperty("result").EnumerateArray().Select(r => r.GetProperty("value").GetProperty("choices")[0].GetString()))));
        }

        Assert.False(fake.Work.WasWiped);
        Assert.Equal(0, await rig.ScalarAsync<long>("SELECT count(*) FROM label_studio_tasks WHERE job_id = $1", Ct, job));
    }

    /// <summary>What no server's database holds, and is shown as U+FFFD: an escape whose backslash is not itself escaped.</summary>
    [GeneratedRegex(@"(?<!\\)(?<before>(\\\\)*)\\u0000", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Nul();

    private static bool IsSettled(AnnotatedRecord record, FakeProject project) => project.SkipQueue == "IGNORE_SKIPPED" && record.Deeds.Count(d => d == 's') >= project.Overlap;

    private static async IAsyncEnumerable<RecordBatch> RecordsAsync(AnnotatedRecord[] records)
    {
        await Task.Yield();
        var buffer = new RecordBuffer();
        foreach (var record in records) buffer.Add(Encoding.UTF8.GetBytes(record.Document));
        yield return new RecordBatch(0, buffer) { ResumeToken = Encoding.UTF8.GetBytes($$"""{"at":{{records.Length}}}""") };
    }

    /// <summary>Two servers, one of each edition, and our database.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private long _projects = 100;

        public SystemDatabase Database { get; } = new();

        internal FakeLabelStudio Community { get; private set; } = null!;

        internal FakeLabelStudio Enterprise { get; private set; } = null!;

        internal long NextProject() => Interlocked.Increment(ref _projects);

        public async ValueTask InitializeAsync()
        {
            await Database.InitializeAsync();
            Community = await FakeLabelStudio.StartAsync();
            Enterprise = await FakeLabelStudio.StartAsync(enterprise: true);
        }

        public async ValueTask DisposeAsync()
        {
            await Community.DisposeAsync();
            await Enterprise.DisposeAsync();
            await Database.DisposeAsync();
        }
    }

    /// <summary>The enricher of the process that is at work.</summary>
    private sealed class Current : IEnricher
    {
        public LabelStudioEnricher Is { get; set; } = null!;

        public string Kind => "label_studio";

        public int Order => Is.Order;

        public IReadOnlySet<string> Members => Is.Members;

        public IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path) => Is.Validate(refinementConfig, mode, path);

        public bool IsAskedFor(JsonElement refinementConfig) => Is.IsAskedFor(refinementConfig);

        public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct) => Is.OpenAsync(run, ct);
    }

    private sealed class Collecting(List<(string Raw, JsonElement Made)> rows) : IStage
    {
        public string Name => Stages.Export;

        public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
        {
            await foreach (var batch in context.Records(ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++) rows.Add((Encoding.UTF8.GetString(batch.Raw.Memory(i).Span), JsonElement.Parse(batch.Enriched!.Memory(i).Span).GetProperty("label_studio")));
                }
            }

            return new StageOutcome([]);
        }

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;
    }
}
