using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using Hangfire;
using Npgsql;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>Between a dispatcher's mark and a worker's claim a job must not lie unseen.</summary>
public sealed class HandOutTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly EngineOptions Options = new() { MaxConcurrentJobsPerTenant = 4 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_that_hangfire_did_not_take_are_handed_out_in_the_next_turn()
    {
        await using var engine = await StartAsync();
        var rig = new DispatchRig(database, engine) { FailsAfter = 1 };
        var dispatcher = rig.New(20);
        var jobs = new List<Guid>();
        for (var i = 0; i < 4; i++) jobs.Add(await engine.QueueAsync("refused", Ct));
        await Assert.ThrowsAsync<BackgroundJobClientException>(() => rig.DispatchAsync(dispatcher, Ct));
        Assert.Single(rig.HandedOut);
        Assert.Equal(3, await rig.DispatchAsync(dispatcher, Ct));
        Assert.Equal(jobs.Order(), rig.HandedOut.Select(h => h.Job).Order());
        await EndAllAsync(engine);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(20, 1)]
    public async Task Job_handed_out_and_not_begun_is_handed_out_again_when_its_mark_is_old(int seconds, int again)
    {
        await using var engine = await StartAsync();
        var rig = new DispatchRig(database, engine);
        var dispatcher = rig.New(20);
        var job = await engine.QueueAsync("lost", Ct);
        Assert.Equal(1, await rig.DispatchAsync(dispatcher, Ct));
        await engine.ScalarAsync<int>("UPDATE sync_jobs SET dispatched_at = now() - $2 WHERE id = $1", Ct, job, TimeSpan.FromSeconds(seconds));
        Assert.Equal(again, await rig.DispatchAsync(dispatcher, Ct));
        await EndAllAsync(engine);
    }

    [Fact]
    public async Task Claim_waits_for_its_workers_session_to_come_back()
    {
        await using var engine = await StartAsync();
        var job = await engine.QueueAsync("away", Ct);
        await engine.ScalarAsync<bool>("SELECT pg_terminate_backend($1)", Ct, engine.Session.Current!.Pid);
        while (engine.Session.Current is not null) await Task.Delay(1, Ct);
        Assert.NotNull(await engine.ClaimAsync("away", job, Ct));
        await EndAllAsync(engine);
    }

    [Fact]
    public async Task Claim_whose_connection_breaks_is_made_again()
    {
        await using var engine = await StartAsync();
        var job = await engine.QueueAsync("broken", Ct);
        await engine.HandOutAsync(job, Ct);
        Task<JobClaim?> claiming;
        await using (var connection = await database.Superuser.OpenConnectionAsync(Ct))
        await using (var holding = await connection.BeginTransactionAsync(Ct))
        {
            await using (var hold = new NpgsqlCommand("SELECT 1 FROM sync_jobs WHERE id = $1 FOR UPDATE", connection, holding) { Parameters = { new() { Value = job } } }) await hold.ExecuteNonQueryAsync(Ct);
            claiming = engine.Leases.ClaimAsync("broken", job, Ct);
            await engine.UntilAsync(
                "SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE sync_jobs j SET status = ''running''%'", Ct);
        }

        Assert.Equal(job, (await claiming)?.JobId);
        await EndAllAsync(engine);
    }

    private Task<EngineRig> StartAsync() => EngineRig.StartAsync(database, Options, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);

    private static Task EndAllAsync(EngineRig engine)
        => engine.ScalarAsync<int>("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE status IN ('queued', 'running')", Ct);
}
