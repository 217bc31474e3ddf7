using System.Diagnostics;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Engine.Waiting;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Process.Async;
using DataSync.Process.Async.Enriching;
using DataSync.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>The engine as a worker has it, in this process: real leases, runner and store on a real database; sources and stages as the test wants them.</summary>
internal sealed class EngineRig : IAsyncDisposable
{
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SystemDatabase _database;
    private readonly SyncTelemetry _telemetry;

    private EngineRig(SystemDatabase database, EngineOptions options, IRecordSource source, IStage? export, IEnricher[] enrichers, IRefiner[] refiners)
    {
        _database = database;
        _telemetry = new SyncTelemetry(_metrics.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        Options = options;
        Jobs = new TestJobs(database);
        Session = new WorkerSession(database.Sources, TimeProvider.System, NullLogger<WorkerSession>.Instance);
        Leases = new JobLease(Jobs.Tenants, Session, options, TimeProvider.System, NullLogger<JobLease>.Instance);
        Outcomes = new JobOutcome(Jobs.Tenants);
        var pipeline = new PipelineRunner(
            [source], refiners, enrichers, [new AsyncStrategy(Jobs.Tenants, TimeProvider.System)], [new EnrichStage(enrichers, Jobs.Tenants, TimeProvider.System), export ?? new NoExport()],
            DataSync.Refine.Rules.RecordConditions.Compile);
        Runner = new JobRunner(
            Leases, Outcomes, Session, new Heartbeat(Leases, options, TimeProvider.System, NullLogger<Heartbeat>.Instance), pipeline, null!, new SourceStates(Jobs.Tenants), new TenantRegions(Regions), options, _telemetry,
            TimeProvider.System, NullLogger<JobRunner>.Instance);
        Waiting = new WaitingJobs(database.Sources, Jobs.Tenants, TimeProvider.System, NullLogger<WaitingJobs>.Instance);
        Manager = new SyncManager(Jobs.Tenants, options, TimeProvider.System);
    }

    public EngineOptions Options { get; }

    /// <summary>Where its workers are.</summary>
    public RegionOptions Regions { get; set; } = RegionOptions.None;
    public TestJobs Jobs { get; }
    public WorkerSession Session { get; }
    public JobLease Leases { get; }
    public JobOutcome Outcomes { get; }
    public JobRunner Runner { get; }
    public SyncManager Manager { get; }
    public WaitingJobs Waiting { get; }

    public static async Task<EngineRig> StartAsync(SystemDatabase database, EngineOptions options, IRecordSource source, IStage? export, CancellationToken ct, IEnricher[]? enrichers = null, IRefiner[]? refiners = null)
    {
        var rig = new EngineRig(database, options, source, export, enrichers ?? [], refiners ?? []);
        await rig.Session.StartAsync(ct);
        while (rig.Session.Current is null) await Task.Delay(10, ct);
        return rig;
    }

    /// <summary>Queues a job that has used some of its running time already.</summary>
    public async Task<Guid> QueueAsync(string tenant, CancellationToken ct, SyncPlan? plan = null, int timeoutSeconds = 300, long runningMs = 0)
    {
        plan = (plan ?? new SyncPlan()) with { TimeoutSeconds = timeoutSeconds };
        var job = new SyncJob
        {
            Id = Guid.CreateVersion7(),
            SourceId = "s",
            Mode = plan.Mode,
            TimeoutSeconds = timeoutSeconds,
            RunningMs = runningMs,
            CreatedAt = DateTimeOffset.UtcNow,
            Config = JsonSerializer.Serialize(plan, JobJson.Options),
            Checkpoint = JsonSerializer.Serialize(new Checkpoint(), JobJson.Options),
        };
        await using var transaction = await Jobs.Tenants.BeginAsync(tenant, ct);
        transaction.Db.Add(job);
        await transaction.Db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return job.Id;
    }

    /// <summary>Claims a job as if a dispatcher had just handed it out.</summary>
    public async Task<JobClaim?> ClaimAsync(string tenant, Guid job, CancellationToken ct)
    {
        await HandOutAsync(job, ct);
        return await Leases.ClaimAsync(tenant, job, ct);
    }

    /// <summary>Runs an attempt at a job as if a dispatcher had just handed it out.</summary>
    public async Task RunAsync(string tenant, Guid job, CancellationToken stopping)
    {
        await HandOutAsync(job, TestContext.Current.CancellationToken);
        await Runner.RunAsync(tenant, job, stopping);
    }

    /// <summary>Marks a queued job as a dispatcher does.</summary>
    public Task HandOutAsync(Guid job, CancellationToken ct)
        => ScalarAsync<object>("UPDATE sync_jobs SET dispatched_at = now() WHERE id = $1 AND status = 'queued'", ct, job);

    /// <summary>One value, as the superuser sees it.</summary>
    public async Task<T> ScalarAsync<T>(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = _database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(ct) is T found ? found : default!;
    }

    public Task<string> StatusAsync(Guid job, CancellationToken ct) => ScalarAsync<string>("SELECT status FROM sync_jobs WHERE id = $1", ct, job);

    /// <summary>Waits until the condition, a query that gives a truth value, holds.</summary>
    public async Task UntilAsync(string sql, CancellationToken ct, params object[] values)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await ScalarAsync<bool>(sql, ct, values))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(120), $"Waited 120 s for: {sql}");
            await Task.Delay(10, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Waiting.Dispose();
        await Session.StopAsync(CancellationToken.None);
        Session.Dispose();
        _telemetry.Dispose();
        await _metrics.DisposeAsync();
    }

    private sealed class NoExport : IStage
    {
        public string Name => Stages.Export;

        public Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct) => Task.FromResult(new StageOutcome([]));

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;
    }
}

/// <summary>A source that gives what the test gives.</summary>
internal sealed class ScriptedSource(Func<SyncRun, CancellationToken, IAsyncEnumerable<RecordBatch>> read) : IRecordSource
{
    public string SourceType => "read";

    public IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct) => read(run, ct);

    /// <summary>A batch of documents <c>{"n":…}</c> from a sequence number on, after which the source can go on.</summary>
    public static RecordBatch Batch(long first, int count)
    {
        var buffer = new RecordBuffer();
        for (var i = 0; i < count; i++) buffer.Add(System.Text.Encoding.UTF8.GetBytes($"{{\"n\":{first + i}}}"));
        return new RecordBatch(first, buffer) { ResumeToken = System.Text.Encoding.UTF8.GetBytes($"{{\"at\":{first + count}}}") };
    }
}
