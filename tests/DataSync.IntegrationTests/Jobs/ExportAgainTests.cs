using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Json;
using DataSync.Export.Jsonl;
using DataSync.Export.Storage;
using DataSync.IntegrationTests.Jobs.Waiting;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.ExportAgain;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Authentication;
using DataSync.Platform.Localization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>A job that exports what another stored, under the engine: what enrichers made comes along, and an attempt that dies half-way is followed by one that ends it.</summary>
public sealed class ExportAgainTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    /// <summary>Three of the pieces in which stored records are read back.</summary>
    private const int Records = 2500;

    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-again-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_exports, recursive: true);

    [Fact]
    public async Task Attempt_that_stood_still_half_way_is_followed_by_one_that_exports_what_the_first_job_stored_and_made()
    {
        var (still, wakes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var storage = new DiskExportStorage(Options.Create(new ExportOptions { Root = _exports }));
        var stage = new WatchedExport(
            new ExportStage([new JsonlExporter(), new JsonExporter()], [], [], storage, Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance),
            (run, records, token) => run is { ExportOf: not null, Fence: 1 } ? AfterTheFirst(records, still, wakes.Task, token) : records);
        var enricher = new PatientEnricher(async (context, ct) =>
        {
            await PatientEnricher.TenAsync(context, 0, ct);
            return EnrichmentEnd.Done;
        });
        var options = new EngineOptions { Heartbeat = TimeSpan.FromHours(1) };
        await using var rig = await EngineRig.StartAsync(database, options, new ScriptedSource((_, _) => Extracted()), stage, Ct, [enricher]);
        var first = await rig.QueueAsync("again", Ct, PatientEnricher.Plan with { OutputFormats = ["jsonl"] });
        await rig.RunAsync("again", first, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(first, Ct));
        var files = Files(first);
        Assert.Equal(["SHA256SUMS", "data.jsonl", "manifest.json"], files.Keys);

        var asked = new ExportAgainCommand(new SyncPlan { OutputFormats = ["json"], Export = new ExportPlan { PageSize = 100 } }, ["output_format", "export_config"]);
        var caller = new Caller("again", "tester", "en-US", new HashSet<string>(StringComparer.Ordinal), "c");
        var job = (await new ExportAgainStart(rig.Jobs.Tenants, options, TimeProvider.System).StartAsync(caller, first, asked, null, Ct))!.Job.Id;
        var slept = rig.RunAsync("again", job, CancellationToken.None);
        await still.Task.WaitAsync(TimeSpan.FromMinutes(1), Ct);

        // Pages come, the rest does not: the next batch is asked for while one is written. To others the worker's session is gone.
        for (var left = 600; !Files(job).ContainsKey("data-00001.json") && left > 0; left--) await Task.Delay(100, Ct);
        Assert.Contains("data-00001.json", Files(job).Keys);
        Assert.DoesNotContain("manifest.json", Files(job).Keys);
        Assert.Empty(await rig.Manager.ExportsAgainAsync("again", first, Ct));
        await rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);
        await rig.RunAsync("again", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal([job], await rig.Manager.ExportsAgainAsync("again", first, Ct));
        Assert.Empty(await rig.Manager.ExportsAgainAsync("another", first, Ct));
        var exported = Files(job);
        wakes.SetResult();
        await slept;
        Assert.Equal(exported, Files(job));
        Assert.Equal(files, Files(first));
        Assert.Equal(
            files["data.jsonl"].Text.Split('\n')[..^1],
            exported.Where(f => f.Key.StartsWith("data-", StringComparison.Ordinal)).SelectMany(f => JsonElement.Parse(f.Value.Text).GetProperty("data").EnumerateArray().Select(r => r.GetRawText())));
        Assert.Contains("""{"n":9,"_test":{"outcome":"completed","n":9}}""", exported["data-00001.json"].Text, StringComparison.Ordinal);
        Assert.Equal(first, JsonElement.Parse(exported["manifest.json"].Text).GetProperty("export_of").GetGuid());
        Assert.Equal(0, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1", Ct, job));
    }

    private SortedDictionary<string, (string Text, DateTime Written)> Files(Guid job)
    {
        SortedDictionary<string, (string, DateTime)> files = new(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(Path.Combine(_exports, "again", job.ToString("D"))))
        {
            if (!path.EndsWith(".tmp", StringComparison.Ordinal)) files[Path.GetFileName(path)] = (File.ReadAllText(path), File.GetLastWriteTimeUtc(path));
        }

        return files;
    }

    private static async IAsyncEnumerable<RecordBatch> Extracted()
    {
        await Task.Yield();
        yield return ScriptedSource.Batch(0, Records);
    }

    private static async IAsyncEnumerable<RecordBatch> AfterTheFirst(IAsyncEnumerable<RecordBatch> records, TaskCompletionSource reached, Task until, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var batch in records.WithCancellation(ct))
        {
            yield return batch;
            reached.TrySetResult();
            await until;
        }
    }
}
