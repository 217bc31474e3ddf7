using System.Diagnostics.Metrics;
using DataSync.IntegrationTests.Alerts;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Metrics;
using DataSync.Platform.Tenancy.Regions;
using Hangfire.Storage.Monitoring;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Jobs.Metrics;

/// <summary>What the gauges of the load show of a real database: workers are scaled, and people called, by how long a job could have begun.</summary>
public sealed class QueueGaugesTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Empty_queue_has_no_age()
    {
        await using var engine = await StartAsync();
        Assert.Equal((0, 0, 0, 0), Whole(await LookAsync(engine)));
    }

    [Fact]
    public async Task Job_that_waits_for_a_thread_has_the_age_of_its_wait()
    {
        await using var engine = await StartAsync();
        await QueueAsync(engine, "waits", TimeSpan.FromSeconds(100));
        await QueueAsync(engine, "comes later", TimeSpan.FromSeconds(10));
        var load = await LookAsync(engine);
        Assert.Equal(2, load["datasync.queue.jobs"]);
        Assert.InRange(load["datasync.queue.age"], 100, 160);
    }

    [Theory]
    [InlineData("now() + interval '1 hour'", 0, 0, 0)] // its time has not come
    [InlineData("now() - interval '50 seconds'", 1, 50, 110)] // it came after the job was made
    public async Task Job_counts_from_when_its_wait_is_over(string notBefore, int jobs, double least, double most)
    {
        await using var engine = await StartAsync();
        var job = await QueueAsync(engine, "rested", Hour);
        await engine.ScalarAsync<object>($"UPDATE sync_jobs SET not_before = {notBefore} WHERE id = $1", Ct, job);
        var load = await LookAsync(engine);
        Assert.Equal(jobs, load["datasync.queue.jobs"]);
        Assert.InRange(load["datasync.queue.age"], least, most);
    }

    [Fact]
    public async Task Jobs_that_their_tenants_limit_holds_back_have_no_age_until_the_operator_raises_it()
    {
        await using var engine = await StartAsync(limit: 2);
        await RunAsync(engine, "at its limit");
        await RunAsync(engine, "at its limit");
        await RunAsync(engine, "below it");
        for (var i = 0; i < 5; i++) await QueueAsync(engine, "at its limit", Hour);
        Assert.Equal((0, 0, 3, 2), Whole(await LookAsync(engine)));
        await engine.ScalarAsync<object>("INSERT INTO tenant_settings (tenant_id, version, max_concurrent_jobs) VALUES ('at its limit', 1, 4)", Ct);
        var load = await LookAsync(engine);
        Assert.Equal(2, load["datasync.queue.jobs"]);
        Assert.InRange(load["datasync.queue.age"], 3600, 3660);
        await engine.ScalarAsync<object>("UPDATE tenant_settings SET max_concurrent_jobs = 1 WHERE tenant_id = 'at its limit'", Ct);
        Assert.Equal((0, 0, 3, 2), Whole(await LookAsync(engine)));
    }

    [Fact]
    public async Task Job_of_a_tenant_that_is_stored_elsewhere_has_no_age()
    {
        await using var engine = await StartAsync();
        engine.Regions = new RegionOptions("eu", "eu", new Dictionary<string, Uri>(StringComparer.Ordinal));
        await engine.ScalarAsync<object>("INSERT INTO tenant_settings (tenant_id, version, region) VALUES ('moved', 1, 'us')", Ct);
        await QueueAsync(engine, "moved", Hour);
        Assert.Equal((0, 0, 0, 0), Whole(await LookAsync(engine)));
        await QueueAsync(engine, "stayed", TimeSpan.FromSeconds(100));
        var load = await LookAsync(engine);
        Assert.Equal(1, load["datasync.queue.jobs"]);
        Assert.InRange(load["datasync.queue.age"], 100, 160);
    }

    /// <summary>At its limit, a tenant's place is free for a moment after each of its jobs; the next one may have been in the queue for hours, and no worker more would have made it begin.</summary>
    [Theory]
    [InlineData(4, 0, 60)]
    [InlineData(1, 3600, 3660)] // nobody has a thread for it
    public async Task Job_whose_place_has_just_become_free_could_not_have_begun_before_unless_threads_are_missing(int threads, double least, double most)
    {
        await using var engine = await StartAsync(limit: 1);
        var tenant = $"in turn {Guid.NewGuid():n}";
        var first = await RunAsync(engine, tenant);
        await RunAsync(engine, "another");
        await QueueAsync(engine, tenant, Hour);
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET status = 'completed', completed_at = now() WHERE id = $1", Ct, first);
        var load = await LookAsync(engine, threads);
        Assert.Equal(1, load["datasync.queue.jobs"]);
        Assert.InRange(load["datasync.queue.age"], least, most);
    }

    private static (double Jobs, double Age, double Running, double Most) Whole(Dictionary<string, double> load)
        => (load["datasync.queue.jobs"], load["datasync.queue.age"], load["datasync.jobs.running"], load["datasync.jobs.running.tenant"]);

    /// <summary>With a queue that nothing is in.</summary>
    private async Task<EngineRig> StartAsync(int limit = 5)
    {
        var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = limit, WorkerThreads = 1 }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE status IN ('queued', 'running')", Ct);
        return engine;
    }

    private static async Task<Guid> QueueAsync(EngineRig engine, string tenant, TimeSpan age)
    {
        var job = await engine.QueueAsync(tenant, Ct);
        await engine.ScalarAsync<object>("UPDATE sync_jobs SET created_at = created_at - $2 WHERE id = $1", Ct, job, age);
        return job;
    }

    private static async Task<Guid> RunAsync(EngineRig engine, string tenant)
    {
        var job = await engine.QueueAsync(tenant, Ct);
        Assert.NotNull(await engine.ClaimAsync(tenant, job, Ct));
        return job;
    }

    /// <summary>What the gauges show after a look, while the workers have so many threads.</summary>
    private async Task<Dictionary<string, double>> LookAsync(EngineRig engine, int threads = 8)
    {
        using var meters = new Meters();
        IEnumerable<ServerDto> Servers() => [new ServerDto { Heartbeat = DateTimeOffset.UtcNow.UtcDateTime, WorkersCount = threads }];
        using var gauges = new QueueGauges(database.Sources, engine.Options, new WorkerCapacity(Servers, engine.Options, TimeProvider.System), engine.Regions, meters, TimeProvider.System, NullLogger<QueueGauges>.Instance);
        Dictionary<string, double> shown = new(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters)) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => shown[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => shown[instrument.Name] = value);
        listener.Start();
        await gauges.LookAsync(Ct);
        listener.RecordObservableInstruments();
        return shown;
    }
}
