using System.Net;
using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Jsonl;
using DataSync.Export.Storage;
using DataSync.IntegrationTests.Ai;
using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.IntegrationTests.Sources;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Localization;
using DataSync.Refine.Ai;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using DataSync.Tests.Platform.Caching;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Whatever fails at whichever refiner, alone or with the others: the original is what it was. Over the real engine, database, model and Label Studio of ours, and export.</summary>
public sealed class OriginalProperties(OriginalProperties.Refiners refiners) : IClassFixture<OriginalProperties.Refiners>
{
    private static readonly Type[] Covered = [typeof(RulesRefiner), typeof(AiEnricher), typeof(LabelStudioEnricher)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Property", "14")]
    public void Every_refiner_of_the_assembly_is_among_them()
        => Assert.Equal(
            Covered.Select(t => t.Name).Order(StringComparer.Ordinal),
            typeof(IRefiner).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && (t.IsAssignableTo(typeof(IRefiner)) || t.IsAssignableTo(typeof(IEnricher)))).Select(t => t.Name).Order(StringComparer.Ordinal));

    // Feature: data-sync-pipeline, Property 14: For any refinement operation that fails, the original data should remain unchanged and accessible, and the error
    // should be logged with full details.
    [Property(MaxTest = 100)]
    [Trait("Property", "14")]
    public Property Originals_stay_byte_for_byte_whichever_refiners_fail() => Prop.ForAll(FailedRefinement.Any, CheckAsync);

    private async Task CheckAsync(FailedRefinement given)
    {
        var (rig, project, tenant) = (refiners.Engine, refiners.NextProject(), $"t {Guid.NewGuid():n}");
        refiners.Logs.Clear();
        refiners.Documents = given.Documents;
        refiners.Ai.Model.Script = (_, _) => Task.FromResult(given.Answer == "400" ? ModelAnswer.Error(HttpStatusCode.BadRequest, "content_filter") : ModelAnswer.Of(given.Answer ?? ""));
        refiners.Studio.Work.Projects[project] = new FakeProject { Overlap = 2, Field = given.Deed == 'r' ? "nobody has it" : null };
        await refiners.BindAsync(tenant, project, Ct);
        var job = await rig.QueueAsync(tenant, Ct, new SyncPlan { OutputFormats = ["jsonl"], AnnotationTimeoutSeconds = 600, RefinementConfig = JsonElement.Parse(given.Config(project)) });
        await rig.RunAsync(tenant, job, CancellationToken.None);
        if (await rig.StatusAsync(job, Ct) == "waiting")
        {
            foreach (var task in refiners.Studio.Work.Tasks(project)) Do(refiners.Studio, task.Id, given.Deed);
            await rig.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() - interval '1 second', waiting_since = waiting_since - interval '601 seconds' WHERE id = $1", Ct, job);
            await rig.Waiting.WakeAsync(Ct);
            await rig.RunAsync(tenant, job, CancellationToken.None);
        }

        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        var isRefused = given is { Rule: not null, Keeps: false };
        Assert.Equal(isRefused ? [] : given.Documents, await TextsAsync("SELECT coalesce(array_agg(raw_data::text ORDER BY seq), '{}') FROM sync_data WHERE job_id = $1", job));
        Assert.Equal(isRefused ? given.Documents : [], await TextsAsync("SELECT coalesce(array_agg(original::text ORDER BY seq), '{}') FROM sync_rejections WHERE job_id = $1", job));
        Assert.Equal(0, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1 AND (refined_data IS NOT NULL OR refined_changes IS NOT NULL OR metadata IS NOT NULL)", Ct, job));
        var lines = (await File.ReadAllTextAsync(refiners.FileOf(tenant, job), Ct)).Split('\n')[..^1];
        Assert.Equal(isRefused ? 0 : given.Documents.Length, lines.Length);
        foreach (var (document, line) in given.Documents.Zip(lines)) Assert.StartsWith(document[..^1], line, StringComparison.Ordinal);
        await CheckToldAsync(given, isRefused, job);
    }

    /// <summary>Each failure is told with the record it happened to, and logged.</summary>
    private async Task CheckToldAsync(FailedRefinement given, bool isRefused, Guid job)
    {
        var count = isRefused ? 0 : given.Documents.Length;
        if (given.Rule is { } rule)
        {
            Assert.Contains($"Warning 1400 Rule breaks failed with {rule.Code} at field {rule.Field} on {given.Documents.Length} records", refiners.Logs.All, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-payload", refiners.Logs.All, StringComparison.Ordinal);
            var refused = await TextsAsync("SELECT coalesce(array_agg(rule_id || ' ' || code || ' ' || field), '{}') FROM sync_rejections WHERE job_id = $1", job);
            Assert.Equal(isRefused ? Enumerable.Repeat($"breaks {rule.Code} {rule.Field}", given.Documents.Length) : [], refused);
        }

        if (given.Answer is not null)
        {
            var outcomes = await TextsAsync("SELECT coalesce(array_agg(outcome || ' ' || coalesce(problem, '')), '{}') FROM sync_enrichments WHERE job_id = $1 AND kind = 'ai'", job);
            Assert.Equal(count, outcomes.Length);
            Assert.All(outcomes, o => Assert.True(o is "empty " || o == (given.Answer == "400" ? "failed refused" : "failed invalid_answer"), o));
            Assert.Contains($"Information 1854 The model has seen {count} records: {outcomes.Count(o => o != "empty ")} failed", refiners.Logs.All, StringComparison.Ordinal);
        }

        if (given.Deed is { } deed)
        {
            var outcome = deed switch { 's' => "skipped", 'd' => "draft_only", 'x' => "deleted", 'j' => "partial", 'r' => "refused", _ => "timed_out" };
            Assert.Equal(Enumerable.Repeat(outcome, count), await TextsAsync("SELECT coalesce(array_agg(outcome), '{}') FROM sync_enrichments WHERE job_id = $1 AND kind = 'label_studio'", job));
        }
    }

    private static void Do(FakeLabelStudio studio, long task, char? deed)
    {
        if (deed == 's') studio.Work.Skip(task, 1);
        else if (deed == 'd') studio.Work.Draft(task);
        else if (deed == 'x') studio.Work.Delete(task);
        else if (deed == 'j') studio.Work.Annotate(task, 1, """[{"type":"choices","value":null},7,{"id":"r","value":{"choices":[[{}]]}}]""");
    }

    private async Task<string[]> TextsAsync(string sql, Guid job) => await refiners.Engine.ScalarAsync<string[]>(sql, Ct, job);

    /// <summary>The engine with every refiner there is, as a worker has them.</summary>
    public sealed class Refiners : IAsyncLifetime
    {
        private readonly string _root = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"datasync-originals-{Guid.CreateVersion7():N}")).FullName;
        private LabelStudioRig _studio = null!;
        private AnnotationBinding _binding = null!;
        private ILoggerFactory _loggers = null!;
        private long _projects = 100;

        internal AiRig Ai { get; } = new();

        internal FakeLabelStudio Studio { get; private set; } = null!;

        internal EngineRig Engine { get; private set; } = null!;

        internal CollectedLogs Logs { get; } = new();

        internal string[] Documents { get; set; } = [];

        internal long NextProject() => Interlocked.Increment(ref _projects);

        internal Task BindAsync(string tenant, long project, CancellationToken ct) => _binding(tenant, project, ct);

        internal string FileOf(string tenant, Guid job) => Path.Combine(_root, new ExportLocation(tenant, job).KeyOf("data.jsonl"));

        public async ValueTask InitializeAsync()
        {
            var ct = TestContext.Current.CancellationToken;
            await Ai.InitializeAsync();
            Studio = await FakeLabelStudio.StartAsync();
            _studio = new LabelStudioRig(operators: (Studio.Url, Studio.Logins.Personal));
            _loggers = LoggerFactory.Create(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
            var floor = _studio.Floor(new TestJobs(Ai.Database).Tenants);
            _binding = (tenant, project, token) => floor.Projects.BindOperatorsAsync(tenant, project, "operator", token);
            var rules = new RulesRefiner(MemoryOnlyCache.New(), new UniqueMemory(long.MaxValue), _loggers.CreateLogger<RulesRefiner>());
            var export = new ExportStage(
                [new JsonlExporter()], [], [rules], new DiskExportStorage(Options.Create(new ExportOptions { Root = _root })), Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance);
            Engine = await EngineRig.StartAsync(
                Ai.Database, new EngineOptions(), new ScriptedSource((_, _) => ReadAsync()), export, ct,
                [new AiEnricher(Ai.NewModel(Ai.Options()), _loggers.CreateLogger<AiEnricher>()), new LabelStudioEnricher(floor)], [rules]);
        }

        public async ValueTask DisposeAsync()
        {
            await Engine.DisposeAsync();
            _loggers.Dispose();
            _studio.Dispose();
            await Studio.DisposeAsync();
            await Ai.DisposeAsync();
            Directory.Delete(_root, recursive: true);
        }

        private async IAsyncEnumerable<RecordBatch> ReadAsync()
        {
            await Task.Yield();
            var buffer = new RecordBuffer();
            foreach (var document in Documents) buffer.Add(Encoding.UTF8.GetBytes(document));
            yield return new RecordBatch(0, buffer) { ResumeToken = "{}"u8.ToArray() };
        }

        private delegate Task AnnotationBinding(string tenant, long project, CancellationToken ct);
    }
}
