using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Coco;
using DataSync.Export.Compression;
using DataSync.Export.Compression.Gzip;
using DataSync.Export.Compression.Zstd;
using DataSync.Export.Csv;
using DataSync.Export.Json;
using DataSync.Export.Jsonl;
using DataSync.Export.Parquet;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Platform.Localization;
using DataSync.Refine.Rules;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Export;

/// <summary>Runs the real stage over records in memory, with real files below a folder of its own.</summary>
internal sealed class ExportRig : IDisposable
{
    public const string Tenant = "acme";
    public static readonly Guid Job = Guid.Parse("019f0000-0000-7000-8000-000000000001");
    public static readonly IFileCompression[] Compressions = [new GzipFileCompression(), new ZstdFileCompression()];
    public static readonly IExporter[] Exporters = [new CocoExporter(static (_, _, _, _) => Task.FromResult<IReadOnlyList<int>?>(null)), new CsvExporter(), new JsonExporter(), new JsonlExporter(), new ParquetExporter(Compressions)];

    private static readonly Messages Texts = Messages.Load(typeof(Messages).Assembly);

    /// <summary>In memory where the machine has such a folder: thousands of flushed files would make the suite wait for the disk.</summary>
    public string Root { get; } = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/datasync-export-{Guid.CreateVersion7():N}").FullName
        : Directory.CreateTempSubdirectory("datasync-export-").FullName;

    public string Folder => Path.Combine(Root, Tenant, Job.ToString("D"));

    public SyncPlan Plan { get; set; } = new() { OutputFormats = ["jsonl"] };

    public long Fence { get; set; } = 1;

    /// <summary>The job's language.</summary>
    public string Language { get; set; } = "en-US";

    public SyncProgress Progress { get; } = new();

    /// <summary>Ordinals of records that are refused.</summary>
    public HashSet<int> Refused { get; } = [];

    /// <summary>Called before each batch is handed out.</summary>
    public Action<int> BeforeBatch { get; set; } = _ => { };

    public ExportFiles Files => new(Storage, Exporters, Compressions);

    public DiskExportStorage Storage => new(Options.Create(new ExportOptions { Root = Root }));

    /// <summary>Metadata by ordinal.</summary>
    public Dictionary<int, string> Metadata { get; } = [];

    /// <summary>Kinds of the job's enrichers.</summary>
    public IReadOnlyList<string> Enrichments { get; set; } = [];

    /// <summary>What they made, by ordinal: an object with a member for each kind.</summary>
    public Dictionary<int, string> Enriched { get; } = [];

    public void Refines() => RunsRule("""{"remove":"no such member"}""");

    public void Tags() => RunsRule("""{"tag":"t"}""");

    public Task<StageOutcome> RunAsync(IReadOnlyList<string> raw, IReadOnlyList<string?>? refined = null, int batchSize = 3, CancellationToken ct = default)
    {
        var run = new SyncRun
        {
            TenantId = Tenant,
            JobId = Job,
            SourceId = "orders \"db\"",
            SourceType = "read",
            CorrelationId = "c",
            Language = Language,
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)),
            Fence = Fence,
            Plan = Plan,
            Checkpoint = new Checkpoint { Stage = Stages.Export },
            Progress = Progress,
            Enrichments = Enrichments,
            OpenSource = _ => throw new NotSupportedException(),
            Advance = (_, _, _) => throw new NotSupportedException(),
            RegisterWriter = (_, _) => throw new NotSupportedException(),
        };
        var stage = new ExportStage(Exporters, Compressions, [new RulesRefiner(Platform.Caching.MemoryOnlyCache.New(), new DataSync.Refine.Rules.Checks.UniqueMemory(long.MaxValue), NullLogger<RulesRefiner>.Instance)], Storage, Texts, TimeProvider.System, NullLogger<ExportStage>.Instance);
        return stage.RunAsync(new StageContext(run, _ => Batches(raw, refined, batchSize)), ct);
    }

    public string Read(string name) => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Folder, name)));

    public string[] Names() => Directory.Exists(Folder) ? [.. Directory.EnumerateFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)] : [];

    /// <summary>The first file that holds records.</summary>
    public string DataName() => Names().First(n => n.StartsWith("data", StringComparison.Ordinal));

    public Dictionary<string, string> Contents() => Names().ToDictionary(n => n, Read, StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void RunsRule(string action)
        => Plan = Plan with { RefinementConfig = JsonElement.Parse($$"""{"business_rules":[{"id":"r","when":true,"then":[{{action}}]}]}""") };

    private async IAsyncEnumerable<RecordBatch> Batches(IReadOnlyList<string> raw, IReadOnlyList<string?>? refined, int size)
    {
        for (var first = 0; first < raw.Count; first += size)
        {
            await Task.Yield();
            BeforeBatch(first);
            var batch = new RecordBatch(first, new RecordBuffer()) { Refined = refined is null ? null : new RecordBuffer(), Metadata = Metadata.Count == 0 ? null : new RecordBuffer(), Enriched = Enriched.Count == 0 ? null : new RecordBuffer() };
            for (var i = first; i < Math.Min(first + size, raw.Count); i++)
            {
                batch.Raw.Add(Encoding.UTF8.GetBytes(raw[i]));
                batch.Refined?.Add(Encoding.UTF8.GetBytes(refined![i] ?? ""));
                batch.Metadata?.Add(Encoding.UTF8.GetBytes(Metadata.GetValueOrDefault(i, "")));
                batch.Enriched?.Add(Encoding.UTF8.GetBytes(Enriched.GetValueOrDefault(i, "")));
                if (Refused.Contains(i)) batch.Reject(i - first, new Rejection("r", "c", "m"));
            }

            yield return batch;
        }
    }
}
