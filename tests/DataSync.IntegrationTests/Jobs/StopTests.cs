using System.Diagnostics;
using System.Runtime.CompilerServices;
using DataSync.Export;
using DataSync.Export.Jsonl;
using DataSync.Export.Storage;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Platform.Localization;
using DataSync.Process.Async;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>Cancel and timeout take effect within two seconds wherever the attempt is, and leave nothing behind.</summary>
public sealed class StopTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);
    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-stop-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_exports, recursive: true);

    [Theory]
    [InlineData("patient", 10)]
    [InlineData("deaf", 10)]
    [InlineData("blocking", 0)]
    public async Task Cancel_of_a_job_whose_source_gives_nothing_more_takes_effect_within_two_seconds(string manner, long kept)
    {
        var stalled = new TaskCompletionSource();
        using var release = new ManualResetEventSlim();
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) => StallAsync(manner, stalled, release, ct)), null, Ct);
        var job = await rig.QueueAsync("stop", Ct);
        var running = rig.RunAsync("stop", job, CancellationToken.None);
        await stalled.Task.WaitAsync(Ct);
        await rig.UntilAsync("SELECT record_count = $2 FROM sync_jobs WHERE id = $1", Ct, job, kept);
        await CancelledWithinAsync(rig, "stop", job, running);
        release.Set();
        await Task.Delay(100, Ct);
        Assert.Equal((kept, "cancelled"), (await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1", Ct, job), await rig.StatusAsync(job, Ct)));
    }

    [Fact]
    public async Task Cancel_of_a_job_that_hangs_in_its_COPY_takes_effect_within_two_seconds()
    {
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) => OneAsync(ct)), null, Ct);
        var job = await rig.QueueAsync("copy", Ct);

        // Somebody has written the job's first record and not committed: the COPY waits for the key for as long as that lasts.
        await using var blocker = await database.Superuser.OpenConnectionAsync(Ct);
        await using var held = await blocker.BeginTransactionAsync(Ct);
        await using (var write = new NpgsqlCommand($"INSERT INTO {LeafCopy.LeafOf(job)} (tenant_id, job_id, seq, id, source_id, raw_data) VALUES ('copy', $1, 0, gen_random_uuid(), 's', '{{}}')", blocker, held))
        {
            write.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
            await write.ExecuteNonQueryAsync(Ct);
        }

        var running = rig.RunAsync("copy", job, CancellationToken.None);
        await rig.UntilAsync("SELECT EXISTS (SELECT 1 FROM pg_stat_activity a JOIN sync_jobs j ON a.pid = j.writer_pid WHERE j.id = $1 AND a.wait_event_type = 'Lock')", Ct, job);
        await CancelledWithinAsync(rig, "copy", job, running);
        Assert.True(await rig.ScalarAsync<bool>(
            "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity a JOIN sync_jobs j ON a.pid = j.writer_pid AND a.backend_start = j.writer_backend_start WHERE j.id = $1 AND a.state <> 'idle')", Ct, job));
    }

    [Fact]
    public async Task Cancel_of_a_job_in_its_export_leaves_no_file()
    {
        var exporting = new TaskCompletionSource();
        var storage = new DiskExportStorage(Options.Create(new ExportOptions { Root = _exports }));
        var stage = new StallingRecords(new ExportStage([new JsonlExporter()], [], [], storage, Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance), exporting);
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) => OneAsync(ct)), stage, Ct);
        var job = await rig.QueueAsync("export", Ct, new SyncPlan { OutputFormats = ["jsonl"] });
        var running = rig.RunAsync("export", job, CancellationToken.None);
        await exporting.Task.WaitAsync(Ct);
        Assert.NotEmpty(Directory.EnumerateFiles(_exports, "*", SearchOption.AllDirectories));
        await CancelledWithinAsync(rig, "export", job, running);
        Assert.Empty(Directory.EnumerateFiles(_exports, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Cancel_of_a_job_whose_worker_died_in_its_export_clears_its_files()
    {
        var storage = new DiskExportStorage(Options.Create(new ExportOptions { Root = _exports }));
        var stage = new ExportStage([new JsonlExporter()], [], [], storage, Messages.Load(typeof(ExportStage).Assembly), TimeProvider.System, NullLogger<ExportStage>.Instance);
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) => OneAsync(ct)), stage, Ct);
        var job = await rig.QueueAsync("died", Ct);
        Assert.NotNull(await rig.ClaimAsync("died", job, Ct));
        var folder = await storage.PrepareAsync(new ExportLocation("died", job), 1, Ct);
        await File.WriteAllTextAsync(Path.Combine(folder, StagedFile.TemporaryName("data.jsonl", 1, "x")), "half", Ct);
        await rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0, lease_until = now() WHERE id = $1", Ct, job);
        Assert.True(await rig.Manager.CancelAsync("died", job, Ct));
        await rig.RunAsync("died", job, CancellationToken.None);
        Assert.Equal("cancelled", await rig.StatusAsync(job, Ct));
        Assert.Empty(Directory.EnumerateFiles(_exports, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("patient")]
    [InlineData("deaf")]
    [InlineData("blocking")]
    public async Task Job_beyond_its_time_fails_with_a_timeout_whatever_its_source_does(string manner)
    {
        using var release = new ManualResetEventSlim();
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) => StallAsync(manner, new TaskCompletionSource(), release, ct)), null, Ct);
        var job = await rig.QueueAsync("late", Ct, timeoutSeconds: 1);
        var began = Stopwatch.GetTimestamp();
        await rig.RunAsync("late", job, CancellationToken.None);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1) + Promise);
        Assert.Equal("failed", await rig.StatusAsync(job, Ct));
        Assert.Equal("errors.job.timeout", JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, job)).MessageKey);
        release.Set();
    }

    [Fact]
    public async Task Cancel_that_comes_before_the_attempt_listens_is_not_lost()
    {
        var read = 0;
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, ct) =>
        {
            read++;
            return OneAsync(ct);
        }), null, Ct);
        var job = await rig.QueueAsync("early", Ct);
        Assert.NotNull(await rig.ClaimAsync("early", job, Ct));
        Assert.True(await rig.Manager.CancelAsync("early", job, Ct));
        Assert.Equal("running", await rig.StatusAsync(job, Ct));
        await rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);
        await rig.RunAsync("early", job, CancellationToken.None);
        Assert.Equal(("cancelled", 0), (await rig.StatusAsync(job, Ct), read));
    }

    private static async Task CancelledWithinAsync(EngineRig rig, string tenant, Guid job, Task running)
    {
        var asked = Stopwatch.GetTimestamp();
        Assert.True(await rig.Manager.CancelAsync(tenant, job, Ct));
        await rig.UntilAsync("SELECT status = 'cancelled' FROM sync_jobs WHERE id = $1", Ct, job);
        Assert.True(Stopwatch.GetElapsedTime(asked) < Promise, $"Cancelled after {Stopwatch.GetElapsedTime(asked)}.");
        await running.WaitAsync(Promise, Ct);
    }

    /// <summary>Ten records, and then nothing: waiting as one should, waiting without listening, or holding the thread.</summary>
    private static async IAsyncEnumerable<RecordBatch> StallAsync(string manner, TaskCompletionSource stalled, ManualResetEventSlim release, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return ScriptedSource.Batch(0, 10);
        stalled.TrySetResult();
        if (manner == "patient") await Task.Delay(Timeout.Infinite, ct);
        if (manner == "deaf") await Task.Run(() => release.Wait(CancellationToken.None), CancellationToken.None);
        if (manner == "blocking") release.Wait(CancellationToken.None);
        yield return ScriptedSource.Batch(10, 10);
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        ct.ThrowIfCancellationRequested();
        yield return ScriptedSource.Batch(0, 60_000);
    }

    /// <summary>Lets an export have its records, and then keeps it waiting for more.</summary>
    private sealed class StallingRecords(IStage stage, TaskCompletionSource exporting) : IStage
    {
        public string Name => stage.Name;

        public Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct) => stage.RunAsync(context with { Records = token => ThenNothing(context.Records(token), token) }, ct);

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => stage.AbandonAsync(run, ct);

        private async IAsyncEnumerable<RecordBatch> ThenNothing(IAsyncEnumerable<RecordBatch> records, [EnumeratorCancellation] CancellationToken ct)
        {
            await foreach (var batch in records.WithCancellation(ct)) yield return batch;
            exporting.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
        }
    }
}
