using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Retry;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>What becomes of jobs whose attempts fail, are lost or are handed over; in one process, on a real database.</summary>
public sealed class RecoveryTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IAsyncLifetime
{
    private static readonly EngineOptions Quick = new() { RetryDelay = TimeSpan.FromMilliseconds(1), MaxFruitlessAttempts = 3, MaxFruitfulAttempts = 4, Drain = TimeSpan.Zero };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var source = database.Superuser.CreateCommand("""
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            SELECT t, gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1 FROM unnest(ARRAY['retry', 'refused']) t ON CONFLICT DO NOTHING
            """);
        await source.ExecuteNonQueryAsync(Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Retry_goes_on_from_the_checkpoint_and_nothing_is_stored_twice()
    {
        var stop = true;
        List<long> begun = [];
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((run, ct) =>
        {
            begun.Add(run.Checkpoint.NextSeq);
            return ReadAsync(run.Checkpoint.NextSeq, 50, stop ? 30 : null, ct);
        }), null, Ct);
        var job = await rig.QueueAsync("retry", Ct, timeoutSeconds: 1);
        await rig.RunAsync("retry", job, CancellationToken.None);
        Assert.Equal("failed", await rig.StatusAsync(job, Ct));
        stop = false;
        var retry = new JobRetry(rig.Jobs.Tenants, rig.Manager, Quick);
        var queued = await retry.RetryAsync("retry", job, Ct);
        Assert.Equal(("queued", 30L, null, null), (queued!.Job.Status, queued.Job.RecordCount, queued.Job.ErrorDetails, queued.Job.CompletedAt));
        await rig.RunAsync("retry", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal([0L, 30L], begun);
        Assert.Equal((50L, 49L), (await rig.ScalarAsync<long>("SELECT count(DISTINCT seq) FROM sync_data WHERE job_id = $1", Ct, job), await rig.ScalarAsync<long>("SELECT max(seq) FROM sync_data WHERE job_id = $1", Ct, job)));
        Assert.Equal(["failed extract", "completed extract export"], await HistoryAsync(rig, "retry", job));
    }

    /// <summary>A token may hold a cursor of any text.</summary>
    [Fact]
    public async Task Job_whose_token_holds_what_no_text_of_a_database_does_is_taken_up_again()
    {
        JsonElement? found = null;
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((run, ct) =>
        {
            found = run.Checkpoint.Resume;
            return ReadAsync(0, 1, null, ct);
        }), null, Ct);
        var job = await rig.QueueAsync("retry", Ct);
        await using (var reach = database.Superuser.CreateCommand("UPDATE sync_jobs SET checkpoint = $2::json WHERE id = $1"))
        {
            reach.Parameters.AddWithValue(job);
            reach.Parameters.AddWithValue(JsonSerializer.Serialize(new Checkpoint { Resume = JsonElement.Parse("""{"last":"b\u0000c"}""") }, JobJson.Options));
            Assert.Equal(1, await reach.ExecuteNonQueryAsync(Ct));
        }

        await rig.RunAsync("retry", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal("b\0c", found?.GetProperty("last").GetString());
    }

    [Fact]
    public async Task Retry_is_refused_for_a_job_that_is_not_failed_or_cancelled_and_finds_no_other_tenants()
    {
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((_, ct) => ReadAsync(0, 1, null, ct)), null, Ct);
        var retry = new JobRetry(rig.Jobs.Tenants, rig.Manager, Quick);
        var job = await rig.QueueAsync("refused", Ct);
        Assert.Equal("errors.job.not_failed", (await Assert.ThrowsAsync<SyncFailureException>(() => retry.RetryAsync("refused", job, Ct))).Failure.MessageKey);
        Assert.True(await rig.Manager.CancelAsync("refused", job, Ct));
        Assert.Null(await retry.RetryAsync("stranger", job, Ct));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return (await retry.RetryAsync("refused", job, Ct))!.Job.Status;
            }
            catch (SyncFailureException e)
            {
                return e.Failure.MessageKey;
            }
        }));
        Assert.Single(answers, "queued");
        Assert.Equal(7, answers.Count(a => a == "errors.job.not_failed"));
        await rig.RunAsync("refused", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        await Assert.ThrowsAsync<SyncFailureException>(() => retry.RetryAsync("refused", job, Ct));
        var orphan = await rig.QueueAsync("sourceless", Ct);
        Assert.True(await rig.Manager.CancelAsync("sourceless", orphan, Ct));
        Assert.Equal("errors.job.source_gone", (await Assert.ThrowsAsync<SyncFailureException>(() => retry.RetryAsync("sourceless", orphan, Ct))).Failure.MessageKey);
    }

    [Fact]
    public async Task Job_that_moves_nothing_is_parked_with_its_reason()
    {
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((_, ct) => ReadAsync(0, 0, null, ct)), new FailingExport("errors.export.disk_full"), Ct);
        var job = await rig.QueueAsync("poisoned", Ct);
        for (var i = 0; i < 10 && await rig.StatusAsync(job, Ct) != "failed"; i++) await TakeUpAsync(rig, "poisoned", job);
        var failure = JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, job));
        Assert.True(failure.IsParked);
        Assert.Equal(("errors.job.poisoned", "errors.export.disk_full", 3), (failure.MessageKey, failure.Cause!.MessageKey, failure.Params["attempts"].GetInt32()));

        // The first attempt extracted, so it moved; the three after it did not.
        Assert.Equal(["interrupted extract export", "interrupted export", "interrupted export", "failed export"], await HistoryAsync(rig, "poisoned", job));
    }

    [Fact]
    public async Task Job_whose_workers_die_without_moving_it_is_parked_and_one_that_moves_is_not()
    {
        await using var rig = await EngineRig.StartAsync(database, Quick with { MaxFruitfulAttempts = 100 }, new ScriptedSource((run, ct) => ReadAsync(run.Checkpoint.NextSeq, 1000, null, ct)), null, Ct);
        var (still, moving) = (await rig.QueueAsync("dying", Ct), await rig.QueueAsync("dying", Ct));
        for (var i = 0; i < 6; i++)
        {
            await DieAsync(rig, still, 0);
            await DieAsync(rig, moving, i + 1);
        }

        await rig.RunAsync("dying", still, CancellationToken.None);
        await rig.RunAsync("dying", moving, CancellationToken.None);
        Assert.Equal(("failed", "completed"), (await rig.StatusAsync(still, Ct), await rig.StatusAsync(moving, Ct)));
        var failure = JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, still));
        Assert.Equal(("errors.job.poisoned", "errors.job.worker_lost"), (failure.MessageKey, failure.Cause!.MessageKey));
        Assert.Equal(6, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_job_attempts WHERE job_id = $1 AND outcome = 'lost'", Ct, moving));
    }

    [Fact]
    public async Task Job_that_moves_and_never_ends_is_parked_too()
    {
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((run, ct) => ReadAsync(run.Checkpoint.NextSeq, 1000, null, ct)), null, Ct);
        var job = await rig.QueueAsync("worn", Ct);
        for (var i = 0; i < 4; i++) await DieAsync(rig, job, i + 1);
        await rig.RunAsync("worn", job, CancellationToken.None);
        var failure = JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, job));
        Assert.Equal(("errors.job.worn_out", true), (failure.MessageKey, failure.IsParked));
    }

    [Fact]
    public async Task Worker_that_stops_hands_its_job_over_at_the_checkpoint_and_no_budget_pays_for_it()
    {
        using var stopping = new CancellationTokenSource();
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((run, ct) => ReadAsync(run.Checkpoint.NextSeq, 50, run.Fence < 4 ? 10 * run.Fence : null, ct)), null, Ct);
        var job = await rig.QueueAsync("drain", Ct);
        for (var i = 1; i <= 3; i++)
        {
            using var stop = new CancellationTokenSource();
            var running = rig.RunAsync("drain", job, stop.Token);
            await rig.UntilAsync("SELECT record_count = $2 FROM sync_jobs WHERE id = $1", Ct, job, 10L * i);
            await stop.CancelAsync();
            await running;
            Assert.Equal("queued", await rig.StatusAsync(job, Ct));
            Assert.Equal(0, await rig.ScalarAsync<int>("SELECT fruitless_attempts + fruitful_attempts FROM sync_jobs WHERE id = $1", Ct, job));
        }

        await rig.RunAsync("drain", job, CancellationToken.None);
        Assert.Equal(["handed_over extract", "handed_over extract", "handed_over extract", "completed extract export"], await HistoryAsync(rig, "drain", job));
        Assert.Equal(50L, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1", Ct, job));
    }

    [Fact]
    public async Task Worker_that_stops_lets_a_job_near_its_end_reach_it()
    {
        using var stop = new CancellationTokenSource();
        await using var rig = await EngineRig.StartAsync(database, Quick with { Drain = TimeSpan.FromSeconds(8) }, new ScriptedSource((_, ct) => SlowlyAsync(ct)), null, Ct);
        var job = await rig.QueueAsync("near", Ct);
        var running = rig.RunAsync("near", job, stop.Token);
        await rig.UntilAsync("SELECT record_count > 0 FROM sync_jobs WHERE id = $1", Ct, job);
        await stop.CancelAsync();
        await running;
        Assert.Equal(["completed extract export"], await HistoryAsync(rig, "near", job));

        static async IAsyncEnumerable<RecordBatch> SlowlyAsync([EnumeratorCancellation] CancellationToken ct)
        {
            yield return ScriptedSource.Batch(0, 10);
            await Task.Delay(1000, ct);
            yield return ScriptedSource.Batch(10, 10);
        }
    }

    [Fact]
    public async Task Time_a_lost_attempt_ran_counts_against_the_limit()
    {
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((_, ct) => ReadAsync(0, 1, null, ct)), null, Ct);
        var job = await rig.QueueAsync("spent", Ct, timeoutSeconds: 10);
        Assert.NotNull(await rig.ClaimAsync("spent", job, Ct));
        await rig.ScalarAsync<object>("UPDATE sync_job_attempts SET started_at = now() - interval '11 seconds' WHERE job_id = $1", Ct, job);
        await rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);

        // whoever looks for lost jobs at the moment holds it, and then it is not there to be taken
        for (var i = 0; i < 100 && !await rig.ScalarAsync<bool>("SELECT completed_at IS NOT NULL FROM sync_jobs WHERE id = $1", Ct, job); i++)
        {
            await rig.RunAsync("spent", job, CancellationToken.None);
            await Task.Delay(50, Ct);
        }

        Assert.Equal("errors.job.timeout", JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, job)).MessageKey);
    }

    /// <summary>An attempt that commits up to a record number and is then gone, as a killed worker is.</summary>
    private static async Task DieAsync(EngineRig rig, Guid job, long upTo)
    {
        var tenant = await rig.ScalarAsync<string>("SELECT tenant_id FROM sync_jobs WHERE id = $1", Ct, job);
        if (await rig.ClaimAsync(tenant, job, Ct) is not { } claim) return;
        if (upTo > 0)
        {
            await using var connection = await rig.Jobs.Tenants.ConnectAsync(tenant, Ct);
            await using var transaction = await connection.BeginAsync(Ct);
            var run = TestJobs.Attempt(tenant, "s", job, claim.Fence, claim.Plan, claim.Checkpoint);
            var next = new Checkpoint { NextSeq = upTo, Resume = JsonElement.Parse($"{{\"at\":{upTo}}}") };
            await run.Advance(connection.Connection, new CheckpointMove(next, upTo, 0, 0), Ct);
            await transaction.CommitAsync(Ct);
        }

        await rig.ScalarAsync<object>("UPDATE sync_jobs SET lease_pid = 0 WHERE id = $1", Ct, job);
    }

    private static async Task TakeUpAsync(EngineRig rig, string tenant, Guid job)
    {
        await rig.UntilAsync("SELECT coalesce(not_before <= now(), true) FROM sync_jobs WHERE id = $1", Ct, job);
        await rig.RunAsync(tenant, job, CancellationToken.None);
    }

    /// <summary>The outcome and the stages of each attempt.</summary>
    private static async Task<string[]> HistoryAsync(EngineRig rig, string tenant, Guid job)
    {
        var details = await rig.Manager.FindDetailsAsync(tenant, job, Ct);
        Assert.All(details!.Attempts!, a => Assert.True(a.EndedAt >= a.StartedAt));
        return [.. details.Attempts!.Select(a => string.Join(' ', details.Stages!.Where(s => s.Fence == a.Fence).Select(s => s.Stage).Prepend(a.Outcome)))];
    }

    /// <summary>Records from one number to another, ten in a batch, each batch committed before the next; stalls at a number, if one is given.</summary>
    private static async IAsyncEnumerable<RecordBatch> ReadAsync(long from, long to, long? stall, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = from; at < to; at += 10)
        {
            if (at >= stall) await Task.Delay(Timeout.Infinite, ct);
            yield return ScriptedSource.Batch(at, (int)Math.Min(10, to - at));
        }
    }

    private sealed class FailingExport(string key) : IStage
    {
        public string Name => Stages.Export;

        public Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct) => throw new SyncFailureException(SyncFailure.Transient(key));

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;
    }
}
