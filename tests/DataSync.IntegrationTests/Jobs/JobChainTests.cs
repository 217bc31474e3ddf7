using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>A worker's thread that goes on with the next job by itself.</summary>
public sealed class JobChainTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly EngineOptions Options = new() { MaxConcurrentJobsPerTenant = 1 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thread_that_has_ended_a_job_runs_all_that_wait_one_after_the_other()
    {
        await using var engine = await EngineRig.StartAsync(database, Options, new ScriptedSource((_, _) => AsyncEnumerable.Empty<RecordBatch>()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var jobs = new List<Guid>();
        for (var i = 0; i < 5; i++) jobs.Add(await engine.QueueAsync(i < 3 ? "one" : "other", Ct));
        await New(engine, rig.New(1)).RunAsync("one", jobs[0], Ct);
        Assert.Equal(5L, await engine.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE id = ANY ($1) AND status = 'completed'", Ct, jobs.ToArray()));
        Assert.Empty(rig.HandedOut);
    }

    [Fact]
    public async Task Thread_that_asks_gets_one_job_and_leaves_the_others_to_those_that_ask_after_it()
    {
        await using var engine = await EngineRig.StartAsync(database, Options, new ScriptedSource((_, _) => AsyncEnumerable.Empty<RecordBatch>()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var hand = rig.New(3);
        Guid[] jobs = [await engine.QueueAsync("a", Ct), await engine.QueueAsync("b", Ct), await engine.QueueAsync("c", Ct), await engine.QueueAsync("d", Ct)];
        var given = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hand.NextAsync(Ct)));
        Assert.Empty(rig.HandedOut);
        Assert.Equal(3, given.Where(g => g is not null).Select(g => g!.Value.Id).Distinct().Count());
        Assert.Subset(jobs.ToHashSet(), given.Where(g => g is not null).Select(g => g!.Value.Id).ToHashSet());
        await EndAllAsync(engine);
    }

    [Fact]
    public async Task Job_whose_worker_stops_before_it_begins_is_due_at_once_for_another()
    {
        await using var engine = await EngineRig.StartAsync(database, Options, new ScriptedSource((_, _) => AsyncEnumerable.Empty<RecordBatch>()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var hand = rig.New(1);
        var job = await engine.QueueAsync("stopped", Ct);
        Assert.Equal(1, await rig.DispatchAsync(hand, Ct));
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => New(engine, hand).RunAsync("stopped", job, stopping.Token));
        Assert.Equal(job, (await hand.NextAsync(Ct))?.Id);
        await EndAllAsync(engine);
    }

    [Fact]
    public async Task Turn_passes_over_a_job_that_a_frozen_worker_holds_locked()
    {
        await using var engine = await EngineRig.StartAsync(database, Options, new ScriptedSource((_, _) => AsyncEnumerable.Empty<RecordBatch>()), null, Ct);
        var hand = new DispatchRig(database, engine).New(4);
        var (held, free) = (await engine.QueueAsync("held", Ct), await engine.QueueAsync("free", Ct));
        await using (var frozen = await engine.Jobs.Tenants.BeginAsync("held", Ct))
        {
            await using (var hold = frozen.Command("SELECT 1 FROM sync_jobs WHERE id = $1 FOR UPDATE", held)) await hold.ExecuteNonQueryAsync(Ct);
            Assert.Equal(free, (await hand.NextAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct))?.Id);
        }

        Assert.Equal(held, (await hand.NextAsync(Ct))?.Id);
        await EndAllAsync(engine);
    }

    private static JobChain New(EngineRig engine, HandOut hand) => new(engine.Runner, hand, TimeProvider.System, NullLogger<JobChain>.Instance);

    private static Task EndAllAsync(EngineRig engine)
        => engine.ScalarAsync<int>("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE status IN ('queued', 'running')", Ct);
}
