using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>Jobs that begin in the process that took the request, while a dispatcher hands out others of the same tenant.</summary>
public sealed class TenantCountTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Dispatcher_leaves_a_tenant_alone_whose_jobs_are_being_counted_elsewhere(bool begins, int handedOut)
    {
        await using var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = 1 }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var dispatcher = rig.New(4);
        var (tenant, other) = ($"counted {Guid.NewGuid():n}", $"other {Guid.NewGuid():n}");
        var queued = await engine.QueueAsync(tenant, Ct);
        await engine.QueueAsync(tenant, Ct);
        await engine.QueueAsync(other, Ct);
        await using (var beginning = await engine.Jobs.Tenants.BeginAsync(tenant, Ct))
        {
            Assert.Equal((0, 1), await TenantCount.CountAsync(beginning, tenant, 1, Ct));
            beginning.Db.Add(Running(engine.Session.Current!.Pid));
            await beginning.Db.SaveChangesAsync(Ct);
            Assert.Equal(1, await rig.DispatchAsync(dispatcher, Ct));
            Assert.Equal([other], rig.HandedOut.Select(h => h.Tenant));
            rig.HandedOut.Clear();
            if (begins) await beginning.CommitAsync(Ct);
        }

        Assert.Equal(handedOut, await rig.DispatchAsync(dispatcher, Ct));
        Assert.Equal(begins ? [] : [queued], rig.HandedOut.Select(h => h.Job));
        await engine.ScalarAsync<long>("WITH ended AS (UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = ANY ($1) AND status IN ('queued', 'running') RETURNING 1) SELECT count(*) FROM ended", Ct, (object)new[] { tenant, other });
    }

    [Fact]
    public async Task Tenant_that_has_queued_more_than_there_are_threads_leaves_one_to_a_tenant_that_comes_later()
    {
        await using var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = 10 }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var dispatcher = rig.New(4);
        var (first, later) = ($"first {Guid.NewGuid():n}", $"later {Guid.NewGuid():n}");
        for (var i = 0; i < 10; i++) await engine.QueueAsync(first, Ct);
        Assert.Equal(3, await rig.DispatchAsync(dispatcher, Ct));
        foreach (var (tenant, job) in rig.HandedOut) Assert.NotNull(await engine.Leases.ClaimAsync(tenant, job, Ct));
        Assert.Equal(0, await rig.DispatchAsync(dispatcher, Ct));
        var one = await engine.QueueAsync(later, Ct);
        await engine.QueueAsync(later, Ct);
        Assert.Equal(1, await rig.DispatchAsync(dispatcher, Ct));
        Assert.Equal((later, one), rig.HandedOut.Last());
        await engine.ScalarAsync<long>("WITH ended AS (UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = ANY ($1) AND status IN ('queued', 'running') RETURNING 1) SELECT count(*) FROM ended", Ct, (object)new[] { first, later });
    }

    [Theory]
    [InlineData(SyncModes.Hybrid, 1)]
    [InlineData(SyncModes.Realtime, 0)]
    public async Task Job_whose_worker_is_gone_keeps_its_place_until_it_goes_on_and_a_realtime_one_gives_it_up(string mode, long counted)
    {
        await using var engine = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        var tenant = $"orphan {Guid.NewGuid():n}";
        await using var beginning = await engine.Jobs.Tenants.BeginAsync(tenant, Ct);
        var orphan = Running(0);
        (orphan.Mode, orphan.LeaseUntil) = (mode, DateTimeOffset.UtcNow.AddMinutes(-1));
        beginning.Db.Add(orphan);
        await beginning.Db.SaveChangesAsync(Ct);
        Assert.Equal((counted, 5), await TenantCount.CountAsync(beginning, tenant, 5, Ct));
    }

    [Fact]
    public async Task Limit_that_the_operator_set_for_a_tenant_holds_at_once_in_place_of_the_one_for_all()
    {
        await using var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = 2 }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var dispatcher = rig.New(20);
        var tenant = $"own limit {Guid.NewGuid():n}";
        for (var i = 0; i < 6; i++) await engine.QueueAsync(tenant, Ct);
        await LimitAsync(1);
        Assert.Equal(1, await rig.DispatchAsync(dispatcher, Ct));
        await LimitAsync(4);
        Assert.Equal(3, await rig.DispatchAsync(dispatcher, Ct));
        await LimitAsync(3);
        Assert.Equal(0, await rig.DispatchAsync(dispatcher, Ct));
        await using (var counting = await engine.Jobs.Tenants.BeginAsync(tenant, Ct)) Assert.Equal((4, 3), await TenantCount.CountAsync(counting, tenant, 2, Ct));
        await LimitAsync(5);
        Assert.Equal(1, await rig.DispatchAsync(dispatcher, Ct));
        await engine.ScalarAsync<long>("WITH ended AS (UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = ANY ($1) AND status IN ('queued', 'running') RETURNING 1) SELECT count(*) FROM ended", Ct, (object)new[] { tenant });

        Task<int> LimitAsync(int limit) => engine.ScalarAsync<int>(
            "INSERT INTO tenant_settings (tenant_id, version, max_concurrent_jobs) VALUES ($1, 1, $2) ON CONFLICT (tenant_id) DO UPDATE SET max_concurrent_jobs = excluded.max_concurrent_jobs RETURNING max_concurrent_jobs", Ct, tenant, limit);
    }

    [Fact]
    public async Task Job_handed_out_long_ago_cannot_be_claimed_for_its_place_may_be_anothers()
    {
        await using var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = 1 }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        var rig = new DispatchRig(database, engine);
        var tenant = $"long ago {Guid.NewGuid():n}";
        var job = await engine.QueueAsync(tenant, Ct);
        Assert.Equal(1, await rig.DispatchAsync(rig.New(4), Ct));
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET dispatched_at = now() - interval '20 seconds' WHERE id = $1", Ct, job);
        Assert.Null(await engine.Leases.ClaimAsync(tenant, job, Ct));
        Assert.Equal(1, await rig.DispatchAsync(rig.New(4), Ct));
        Assert.NotNull(await engine.Leases.ClaimAsync(tenant, job, Ct));
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE id = $1", Ct, job);
    }

    private static SyncJob Running(int backend) => new()
    {
        Id = Guid.CreateVersion7(),
        SourceId = "s",
        Mode = SyncModes.Realtime,
        Status = JobStatus.Running,
        TimeoutSeconds = 300,
        CreatedAt = DateTimeOffset.UtcNow,
        Config = "{}",
        Checkpoint = "{}",
        Fence = 1,
        LeaseUntil = DateTimeOffset.UtcNow.AddMinutes(5),
        LeasePid = backend,
    };
}
