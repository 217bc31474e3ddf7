using System.Globalization;
using System.Text;
using DataSync.Export;
using DataSync.Export.Coco;
using DataSync.Export.Compression.Gzip;
using DataSync.Export.Csv;
using DataSync.Export.Parquet;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Platform.Localization;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Benchmarks.Ours;

/// <summary>The child process of the cases that export: a stored job's records, or made-up images, through the export stage into files.</summary>
internal static class ExportProgram
{
    public const string Name = "export";

    /// <summary>No texts: nothing is described here, and reading them is no part of what is measured.</summary>
    private static readonly Messages Silent = new(new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal) { [Messages.FallbackLanguage] = new Dictionary<string, string>(StringComparer.Ordinal) });

    /// <summary>Exports.</summary>
    /// <param name="given">A stored job's id, or how many images to make up.</param>
    /// <param name="format">The exporter's name.</param>
    /// <param name="compression">As in <c>export_config</c>.</param>
    /// <param name="root">Folder of the export.</param>
    /// <param name="ct">Ends the run.</param>
    public static async Task RunAsync(string given, string format, string compression, string root, CancellationToken ct)
    {
        var stored = Guid.TryParse(given, out var job);
        var run = new SyncRun
        {
            TenantId = StoreProgram.Tenant,
            JobId = stored ? job : Guid.CreateVersion7(),
            SourceId = "orders",
            SourceType = "read",
            CorrelationId = "bench",
            Language = "en-US",
            CreatedAt = TimeProvider.System.GetUtcNow(),
            Fence = 1,
            Plan = new SyncPlan { OutputFormats = [format], Export = new ExportPlan { Compression = compression } },
            Checkpoint = new Checkpoint { Stage = Stages.Export },
            OpenSource = static _ => throw new NotSupportedException("The records are stored."),
            Advance = static (_, _, _) => throw new NotSupportedException("The records are stored."),
            RegisterWriter = static (_, _) => throw new NotSupportedException("The records are stored."),
        };
        var stage = new ExportStage(
            [new CsvExporter(), new ParquetExporter([]), new CocoExporter(static (_, _, _, _) => Task.FromResult<IReadOnlyList<int>?>(null))], [new GzipFileCompression()], [],
            new DiskExportStorage(Microsoft.Extensions.Options.Options.Create(new ExportOptions { Root = root })), Silent, TimeProvider.System, NullLogger<ExportStage>.Instance);
        if (!stored)
        {
            await stage.RunAsync(new StageContext(run, _ => ImagesAsync(int.Parse(given, CultureInfo.InvariantCulture))), ct);
            return;
        }

        // The engine knows of stored records; a job of none is not even read.
        run.Progress.AddProcessed(1, 0);
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddPersistence(new ConfigurationBuilder().AddEnvironmentVariables().Build()).BuildServiceProvider();
        var strategy = new AsyncStrategy(services.GetRequiredService<TenantDatabase>(), TimeProvider.System);
        await stage.RunAsync(new StageContext(run, token => strategy.ReadAsync(run, token)), ct);
    }

    /// <summary>Images with ten objects each: five boxes and five polygons.</summary>
    private static async IAsyncEnumerable<RecordBatch> ImagesAsync(int count)
    {
        for (var first = 0; first < count; first += 500)
        {
            await Task.Yield();
            var batch = new RecordBatch(first, new RecordBuffer());
            for (var i = first; i < Math.Min(first + 500, count); i++) batch.Raw.Add(Encoding.UTF8.GetBytes(Image(i)));
            yield return batch;
        }
    }

    private static string Image(int number)
    {
        var objects = Enumerable.Range(0, 10).Select(k => k % 2 == 0
            ? $$"""{"category":"c{{(number + k) % 80}}","bbox":[{{10 + k}},{{20 + k}},{{30 + (number % 50)}},40.5]}"""
            : $$"""{"category":"c{{(number + k) % 80}}","segmentation":[[{{10 + k}},20,{{60 + (number % 50)}},25.5,{{50 + k}},90,{{15 + k}},70.25]]}""");
        return $$"""{"file_name":"{{number}}.jpg","width":1280,"height":720,"annotations":[{{string.Join(',', objects)}}]}""";
    }
}
