using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Json;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Caching;
using DataSync.Platform.Localization;
using DataSync.Process.Realtime;
using DataSync.Refine.Rules;
using DataSync.Tests.Platform.Caching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Process.Realtime;

/// <summary>The real corridor in realtime mode over given records, with an answer in memory. No database is within its reach.</summary>
internal sealed class RealtimeRig : IRecordSource, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private readonly ConfigurationCache _cache = MemoryOnlyCache.New();

    public RealtimeRig(long limitBytes = 100L << 20, int share = 100, TimeProvider? time = null)
    {
        Memory = new RealtimeMemory(new RealtimeOptions { LimitBytes = limitBytes, TenantShare = share }, _services.GetRequiredService<IMeterFactory>(), time ?? TimeProvider.System);
        Strategy = new RealtimeStrategy(Memory, time ?? TimeProvider.System);
        Storage = new DiskExportStorage(Options.Create(new ExportOptions { Root = Root }));
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"datasync-realtime-{Guid.CreateVersion7():N}");

    public RealtimeMemory Memory { get; }

    public RealtimeStrategy Strategy { get; }

    public DiskExportStorage Storage { get; }

    public string SourceType => "read";

    public IReadOnlyList<string> Records { get; set; } = [];

    public int BatchSize { get; set; } = 100;

    /// <summary>Thrown by the source after its last record.</summary>
    public Exception? SourceFails { get; set; }

    /// <summary>Called with the number of records handed out before each batch.</summary>
    public Func<int, Task> BeforeBatch { get; set; } = _ => Task.CompletedTask;

    public int Refined { get; private set; }

    public IEnricher[] Enrichers { get; set; } = [];

    public SyncPlan Plan { get; set; } = new() { Mode = SyncModes.Realtime, Export = new ExportPlan { Inline = true } };

    public SyncProgress Progress { get; private set; } = new();

    /// <summary>Runs one sync; returns the JSON array of the answer, and the files written.</summary>
    public async Task<(string Answer, StageOutcome Outcome)> RunAsync(CancellationToken ct, string tenant = "acme", Func<StageContext, CancellationToken, Task>? last = null)
    {
        Progress = new SyncProgress();
        using var body = new MemoryStream();
        var output = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
        var run = NewRun(tenant, output);
        var refiner = new CountingRefiner(this, new RulesRefiner(_cache, new DataSync.Refine.Rules.Checks.UniqueMemory(long.MaxValue), NullLogger<RulesRefiner>.Instance));
        var stage = new ExportStage([new JsonExporter()], [], [refiner], Storage, Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance);
        var runner = new PipelineRunner([this], [refiner], Enrichers, [Strategy], [stage], RecordConditions.Compile);
        var outcome = await runner.RunAsync(run, static (_, _) => Task.CompletedTask, ct, last);
        await output.FlushAsync(ct);
        return (Encoding.UTF8.GetString(body.ToArray()), outcome);
    }

    public SyncRun NewRun(string tenant, PipeWriter output) => new()
    {
        TenantId = tenant,
        JobId = Guid.CreateVersion7(),
        SourceId = "s",
        SourceType = "read",
        CorrelationId = "c",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = Plan,
        Checkpoint = new Checkpoint(),
        Progress = Progress,
        Inline = new InlineRun { Output = output },
        OpenSource = _ => throw new NotSupportedException(),
        Advance = (_, _, _) => throw new NotSupportedException("A realtime run must not touch the database."),
        RegisterWriter = (_, _) => throw new NotSupportedException("A realtime run must not touch the database."),
    };

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var first = 0; first < Records.Count; first += BatchSize)
        {
            await BeforeBatch(first);
            ct.ThrowIfCancellationRequested();
            var buffer = new RecordBuffer();
            for (var i = first; i < Math.Min(first + BatchSize, Records.Count); i++) buffer.Add(Encoding.UTF8.GetBytes(Records[i]));
            yield return new RecordBatch(first, buffer);
        }

        if (SourceFails is { } failure) throw failure;
    }

    public void Dispose()
    {
        Memory.Dispose();
        _services.Dispose();
        if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
    }

    /// <summary>The rules, and a count of what was given to them.</summary>
    private sealed class CountingRefiner(RealtimeRig rig, RulesRefiner rules) : IRefiner
    {
        public int Order => 1;

        public IReadOnlySet<string> Members => rules.Members;

        public IEnumerable<DataSync.Pipeline.Failures.Fault> Validate(JsonElement refinementConfig, string path) => rules.Validate(refinementConfig, path);

        public async ValueTask<IBatchRefiner?> CompileAsync(string tenantId, JsonElement refinementConfig, CancellationToken ct)
            => await rules.CompileAsync(tenantId, refinementConfig, ct) is { } inner ? new Counter(rig, inner) : null;
    }

    private sealed class Counter(RealtimeRig rig, IBatchRefiner inner) : IBatchRefiner
    {
        public bool AddsMetadata => inner.AddsMetadata;

        public async ValueTask RefineAsync(RecordBatch batch, CancellationToken ct)
        {
            rig.Refined += batch.Count;
            await inner.RefineAsync(batch, ct);
        }
    }
}
