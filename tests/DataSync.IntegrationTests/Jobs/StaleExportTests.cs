using System.Runtime.CompilerServices;
using System.Text;
using DataSync.Export;
using DataSync.Export.Json;
using DataSync.Export.Jsonl;
using DataSync.Export.Storage;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Platform.Localization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>
/// Files of a job whose attempts export something else each, as a hybrid job's do when its source has changed: no transaction guards them, and yet they must be
/// those of one attempt.
/// </summary>
public sealed class StaleExportTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    /// <summary>No beat: a process that stands still has none.</summary>
    private static readonly EngineOptions Still = new() { Heartbeat = TimeSpan.FromHours(1) };
    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-stale-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_exports, recursive: true);

    [Fact]
    public async Task Attempt_that_stood_still_while_another_completed_the_job_changes_no_file()
    {
        var (still, wakes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stage = new WatchedExport(Export(), (run, _, _) => run.Fence == 1 ? BeforeTheEnd(Once(1, 5), still, wakes.Task) : Once(2, 5));
        await using var rig = await EngineRig.StartAsync(database, Still, new ScriptedSource((run, _) => Once(run.Fence, 5)), stage, Ct);
        var job = await rig.QueueAsync("slept", Ct, new SyncPlan { OutputFormats = ["jsonl"] });
        var first = rig.RunAsync("slept", job, CancellationToken.None);
        await still.Task.WaitAsync(Ct);
        await TakeAwayAsync(rig, job);
        await rig.RunAsync("slept", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        var files = Files();
        Assert.Equal(5, files["data.jsonl"].Split("\"attempt\":2").Length - 1);

        // nobody can take a job over and complete it while the last answer serves, unless a test takes it away by hand
        await Task.Delay(FenceProof.Fresh * 2, Ct);
        wakes.SetResult();
        await first;
        Assert.Equal(files, Files());
    }

    [Fact]
    public async Task Cancel_while_an_attempt_replaces_the_files_of_one_before_leaves_none()
    {
        var (still, wakes, replacing) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var stage = new WatchedExport(Export(), (run, _, ct) => run.Fence == 1 ? Once(1, 5) : ThenNothing(Once(2, 5), replacing, ct))
        {
            // The worker dies when its export is whole and before its job is completed.
            After = run => run.Fence > 1 ? Task.CompletedTask : Held(still, wakes.Task),
        };
        await using var rig = await EngineRig.StartAsync(database, Still, new ScriptedSource((run, _) => Once(run.Fence, 5)), stage, Ct);
        var job = await rig.QueueAsync("replaced", Ct, new SyncPlan { OutputFormats = ["json"], Export = new ExportPlan { PageSize = 2 } });
        var first = rig.RunAsync("replaced", job, CancellationToken.None);
        await still.Task.WaitAsync(Ct);
        Assert.Contains("manifest.json", Files().Keys);
        await TakeAwayAsync(rig, job);
        var second = rig.RunAsync("replaced", job, CancellationToken.None);
        await replacing.Task.WaitAsync(Ct);
        await Host.RunningSystem.WaitAsync("a page to be replaced", () => Task.FromResult(Files()["data-00001.json"].Contains("\"attempt\":2", StringComparison.Ordinal)), Ct);
        Assert.True(await rig.Manager.CancelAsync("replaced", job, Ct));
        await second;
        Assert.Equal("cancelled", await rig.StatusAsync(job, Ct));
        Assert.Empty(Files());
        wakes.SetResult();
        await first;
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Job_called_off_when_its_work_was_done_is_cancelled_and_not_completed()
    {
        EngineRig? rig = null;
        var stage = new WatchedExport(Export(), (_, records, _) => records)
        {
            // The call is committed, and on its way to the worker.
            After = async run => await rig!.ScalarAsync<object>("UPDATE sync_jobs SET cancel_requested_at = now() WHERE id = $1", Ct, run.JobId),
        };
        await using var started = rig = await EngineRig.StartAsync(database, Still, new ScriptedSource((run, _) => Once(run.Fence, 5)), stage, Ct);
        var job = await rig.QueueAsync("last moment", Ct, new SyncPlan { OutputFormats = ["jsonl"] });
        await rig.RunAsync("last moment", job, CancellationToken.None);
        Assert.Equal("cancelled", await rig.StatusAsync(job, Ct));
        Assert.DoesNotContain(Files().Keys, name => name.EndsWith(".tmp", StringComparison.Ordinal));
    }

    private ExportStage Export()
        => new(
            [new JsonlExporter(), new JsonExporter()], [], [], new DiskExportStorage(Options.Create(new ExportOptions { Root = _exports })), Messages.Load(typeof(Messages).Assembly), TimeProvider.System,
            NullLogger<ExportStage>.Instance);

    private SortedDictionary<string, string> Files()
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(_exports, "*", SearchOption.AllDirectories))
        {
            try
            {
                files[Path.GetFileName(path)] = File.ReadAllText(path);
            }
            catch (FileNotFoundException)
            {
                // it has its name by now
            }
        }

        return files;
    }

    /// <summary>The worker's session is gone, as far as others can tell.</summary>
    private static Task TakeAwayAsync(EngineRig rig, Guid job) => rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);

    private static Task Held(TaskCompletionSource reached, Task until)
    {
        reached.SetResult();
        return until;
    }

    /// <summary>Records that tell by which attempt they were read, from a source that cannot go on in the middle.</summary>
    private static async IAsyncEnumerable<RecordBatch> Once(long attempt, int count)
    {
        await Task.Yield();
        var buffer = new RecordBuffer();
        for (var i = 0; i < count; i++) buffer.Add(Encoding.UTF8.GetBytes($"{{\"n\":{i},\"attempt\":{attempt}}}"));
        yield return new RecordBatch(0, buffer);
    }

    private static async IAsyncEnumerable<RecordBatch> BeforeTheEnd(IAsyncEnumerable<RecordBatch> records, TaskCompletionSource reached, Task until)
    {
        await foreach (var batch in records) yield return batch;
        await Held(reached, until);
    }

    private static async IAsyncEnumerable<RecordBatch> ThenNothing(IAsyncEnumerable<RecordBatch> records, TaskCompletionSource reached, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var batch in records.WithCancellation(ct)) yield return batch;
        reached.SetResult();
        await Task.Delay(Timeout.Infinite, ct);
    }
}
