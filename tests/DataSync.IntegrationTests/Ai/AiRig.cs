using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Jsonl;
using DataSync.Export.Storage;
using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Localization;
using DataSync.Refine.Ai;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Ai;

/// <summary>The real engine, store, enricher and export over a scripted model.</summary>
public sealed class AiRig : IAsyncLifetime
{
    private readonly List<AiModel> _models = [];
    private IReadOnlyList<string> _documents = [];
    private EngineRig _engine = null!;

    public SystemDatabase Database { get; } = new();

    internal FakeModel Model { get; private set; } = null!;

    private string Root { get; } = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"datasync-ai-{Guid.CreateVersion7():N}")).FullName;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        await Database.InitializeAsync();
        Model = await FakeModel.StartAsync(ct);
        _engine = await EngineAsync(Options(), ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        foreach (var model in _models) model.Dispose();
        await Model.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>The operator's settings, quick to try again.</summary>
    internal AiOptions Options(Action<AiOptions>? change = null)
    {
        var options = new AiOptions { BaseUrl = Model.BaseUrl, ApiKey = "key-of-the-operator", Model = "m", RetryDelay = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(20) };
        change?.Invoke(options);
        return options;
    }

    /// <summary>The model as a process has it.</summary>
    internal AiModel NewModel(AiOptions options)
    {
        var egress = new EgressPolicy(Microsoft.Extensions.Options.Options.Create(new EgressOptions { Allow = "127.0.0.0/8" }), static (_, _) => throw new NotSupportedException());
        var model = new AiModel(Microsoft.Extensions.Options.Options.Create(options), egress, new TestJobs(Database).Tenants, TimeProvider.System);
        _models.Add(model);
        return model;
    }

    /// <summary>A worker with settings of its own, and with further enrichers.</summary>
    internal Task<EngineRig> EngineAsync(AiOptions options, CancellationToken ct, params IEnricher[] more)
    {
        var enricher = new AiEnricher(NewModel(options), NullLogger<AiEnricher>.Instance);
        var storage = new DiskExportStorage(Microsoft.Extensions.Options.Options.Create(new ExportOptions { Root = Root }));
        var export = new ExportStage([new JsonlExporter()], [], [], storage, Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance);
        return EngineRig.StartAsync(Database, new EngineOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Drain = TimeSpan.Zero }, new ScriptedSource((run, _) => ReadAsync(run)), export, ct, [enricher, .. more]);
    }

    /// <summary>A plan that asks for the model.</summary>
    /// <param name="ai">The member <c>ai</c>; null for none.</param>
    /// <param name="export">What the export shows.</param>
    internal static SyncPlan Plan(string? ai = null, ExportPlan? export = null) => new()
    {
        OutputFormats = ["jsonl"],
        Export = export ?? new ExportPlan(),
        RefinementConfig = JsonElement.Parse(ai is null ? """{"enable_ai_enhancement":true}""" : $$"""{"enable_ai_enhancement":true,"ai":{{ai}}}"""),
    };

    /// <summary>Queues a job over documents.</summary>
    internal Task<Guid> QueueAsync(string tenant, IReadOnlyList<string> documents, SyncPlan plan, CancellationToken ct)
    {
        _documents = documents;
        return _engine.QueueAsync(tenant, ct, plan);
    }

    /// <summary>Runs a job over documents to its end, on the worker with the usual settings.</summary>
    internal async Task<AiJob> RunAsync(string tenant, IReadOnlyList<string> documents, SyncPlan plan, CancellationToken ct)
    {
        var job = await QueueAsync(tenant, documents, plan, ct);
        await _engine.RunAsync(tenant, job, CancellationToken.None);
        return await CollectAsync(job, ct);
    }

    /// <summary>What a job left.</summary>
    internal async Task<AiJob> CollectAsync(Guid job, CancellationToken ct)
    {
        var status = await _engine.StatusAsync(job, ct);
        var told = await _engine.ScalarAsync<string?>("SELECT enriched::text FROM sync_jobs WHERE id = $1", ct, job);
        var result = await _engine.ScalarAsync<string?>("SELECT result::text FROM sync_jobs WHERE id = $1", ct, job);
        var error = await _engine.ScalarAsync<string?>("SELECT coalesce(error_details, interruption) FROM sync_jobs WHERE id = $1", ct, job);
        var rows = await _engine.ScalarAsync<string[]>("SELECT coalesce(array_agg(seq || ' ' || outcome || ' ' || coalesce(problem, '-') ORDER BY seq), '{}') FROM sync_enrichments WHERE job_id = $1", ct, job);
        var raw = await _engine.ScalarAsync<string[]>("SELECT coalesce(array_agg(raw_data::text ORDER BY seq), '{}') FROM sync_data WHERE job_id = $1", ct, job);
        var path = result is null ? null : JsonElement.Parse(result).GetProperty("exports").EnumerateArray().First(f => f.GetProperty("format").ValueEquals("jsonl")).GetProperty("path").GetString();
        var lines = path is null ? [] : (await File.ReadAllTextAsync(Path.Combine(Root, path), ct)).Split('\n')[..^1];
        return new AiJob(status, told is not null && JsonElement.Parse(told).TryGetProperty("ai", out var ai) ? ai : default, error is null ? null : JobFailure(error), rows, raw, lines);
    }

    private static string JobFailure(string json) => DataSync.Jobs.Engine.JobFailure.Read(json).MessageKey;

    private async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run)
    {
        await Task.CompletedTask;
        if (_documents.Count == 0) yield break;
        var buffer = new RecordBuffer();
        foreach (var document in _documents) buffer.Add(Encoding.UTF8.GetBytes(document));
        yield return new RecordBatch(run.Checkpoint.NextSeq, buffer) { ResumeToken = "{}"u8.ToArray() };
    }
}

/// <summary>The test classes that share an <see cref="AiRig"/>, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AiTests : ICollectionFixture<AiRig>
{
    public const string Name = "ai";
}

/// <summary>What a job left: its status, what it tells of the model, the rows of results, the records as stored, and the exported lines.</summary>
internal sealed record AiJob(string Status, JsonElement Told, string? Error, string[] Rows, string[] Raw, string[] Lines)
{
    public long Count(string member) => Told.GetProperty(member).GetInt64();

    /// <summary>What an exported record has of the model.</summary>
    public JsonElement Ai(int line) => JsonElement.Parse(Lines[line], new JsonDocumentOptions { MaxDepth = 256 }).GetProperty("_ai");
}
