using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Schedules;
using DataSync.Platform.Authentication;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace DataSync.IntegrationTests.Jobs.Schedules;

/// <summary>
/// A worker's scheduler as it is wired, on a real database whose clock the test sets: in the rig's connections <c>now()</c> is found in a schema of ours before
/// PostgreSQL's own.
/// </summary>
public sealed class ScheduleRig : IAsyncLifetime
{
    private readonly SystemDatabase _database = new();
    private readonly FakeTimeProvider _time = new();
    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-exports-").FullName;
    private IHost? _host;
    private int _names;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal ScheduleStore Store => Get<ScheduleStore>();

    internal T Get<T>() where T : notnull => _host!.Services.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        await ExecuteAsync("""
            CREATE SCHEMA clock;
            CREATE TABLE clock.hand (at timestamptz NOT NULL);
            INSERT INTO clock.hand VALUES ('2027-01-01');
            CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.hand';
            GRANT USAGE ON SCHEMA clock TO datasync_app, datasync_system;
            GRANT SELECT ON clock.hand TO datasync_app, datasync_system;
            """);
        const string Clock = ";Search Path='clock,pg_catalog,public'";
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = _database.Options.Connection + Clock,
            ["DATASYNC_SYSTEM_CONNECTION"] = _database.Options.SystemConnection + Clock,
            ["DATASYNC_MASTER_KEY"] = RunningSystem.MasterKey,
            ["DATASYNC_EXPORT_ROOT"] = _exports,
            ["DATASYNC_MAX_QUEUED_JOBS_PER_TENANT"] = "200",
        });
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Worker);
        _host = builder.Build(); // never started: the tests take the turns
    }

    public async ValueTask DisposeAsync()
    {
        _host?.Dispose();
        await _database.DisposeAsync();
        Directory.Delete(_exports, recursive: true);
    }

    /// <summary>Takes the schedules of other tests away: the clock they went by is about to be set.</summary>
    internal Task ForgetAsync() => ExecuteAsync("DELETE FROM sync_schedules");

    /// <summary>A tenant of the test's own.</summary>
    internal string NewTenant() => $"t{Interlocked.Increment(ref _names)}-{Guid.CreateVersion7():N}";

    /// <summary>Sets the clock of the database and of the process.</summary>
    internal async Task SetClockAsync(DateTimeOffset now)
    {
        await ExecuteAsync("UPDATE clock.hand SET at = $1", now);
        _time.AdjustTime(now);
    }

    internal Task SetClockAsync(string now) => SetClockAsync(Time(now));

    internal static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    internal Task SourceAsync(string tenant, string source, string sync = "{}", string extraction = """{"table":"orders"}""", string type = "database")
        => ExecuteAsync(
            """
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ($1, gen_random_uuid(), $2, $2, $5, '{"driver":"postgresql"}', $4::json, $3::json, true, now(), now(), '', 1)
            """,
            tenant, source, sync, extraction, type);

    internal Task<ScheduleDetails> SetAsync(string tenant, string source, string? cron, string? zone)
        => Store.SetAsync(new Caller(tenant, "alice", "en-US", new HashSet<string>(StringComparer.Ordinal), "c"), source, new ScheduleBody(cron, zone), Ct);

    internal Task<ScheduleDetails> GetAsync(string tenant, string source) => Store.GetAsync(tenant, source, Ct);

    /// <summary>One look of a worker of its own.</summary>
    internal async Task<TimeSpan> LookOnceAsync()
    {
        var scheduler = ActivatorUtilities.CreateInstance<Scheduler>(_host!.Services);
        await using var connection = await Get<DataSources>().System.OpenConnectionAsync(Ct);
        return await scheduler.LookAsync(connection, Ct);
    }

    /// <summary>Looks until nothing more is to be done at this time.</summary>
    internal async Task LookAsync()
    {
        while (await LookOnceAsync() == TimeSpan.Zero)
        {
        }
    }

    /// <summary>The source's jobs, oldest first.</summary>
    internal async Task<List<SyncJob>> JobsAsync(string tenant, string source)
        => [.. (await Get<SyncManager>().ListAsync(tenant, null, source, null, 1000, Ct)).Select(j => j.Job).Reverse()];

    /// <summary>Queues a job of the source that no schedule made.</summary>
    internal async Task<Guid> OtherJobAsync(string tenant, string source, string status = "queued")
    {
        var id = Guid.CreateVersion7(_time.GetUtcNow());
        await ExecuteAsync(
            """
            INSERT INTO sync_jobs (tenant_id, id, source_id, source_type, mode, sync_type, status, record_count, error_count, extracted, refined, exported, bytes, config, created_at, created_by,
                                   correlation_id, language, timeout_seconds, running_ms, fence, checkpoint, attempts, fruitless_attempts, fruitful_attempts, furthest)
            VALUES ($1, $3, $2, 'read', 'async', 'full', 'queued', 0, 0, 0, 0, 0, 0, '{}', now(), 'alice', 'c', 'en-US', 300, 0, 0, '{}', 0, 0, 0, 0)
            """,
            tenant, source, id);
        if (status is "running" or "waiting") await MoveAsync(id, "running");
        if (status == "waiting") await MoveAsync(id, status);
        return id;
    }

    /// <summary>A job runs and ends, at the clock's time.</summary>
    internal async Task EndAsync(Guid job, string status = "completed", long extracted = 0)
    {
        await MoveAsync(job, "running");
        await ExecuteAsync("UPDATE sync_jobs SET status = $2, extracted = $3, completed_at = (SELECT at FROM clock.hand) WHERE id = $1", job, status, extracted);
    }

    internal Task MoveAsync(Guid job, string status) => ExecuteAsync("UPDATE sync_jobs SET fence = fence + 1, status = $2 WHERE id = $1", job, status);

    /// <summary>Ends the one open job of the source.</summary>
    internal async Task EndLastAsync(string tenant, string source, string status = "completed", long extracted = 0) => await EndAsync(Assert.Single(await JobsAsync(tenant, source), j => !JobStatus.IsFinal(j.Status)).Id, status, extracted);

    /// <summary>A statement of the superuser's, in real time.</summary>
    internal async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = _database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Ct);
    }

    internal Task<NpgsqlConnection> ConnectAsync() => _database.Superuser.OpenConnectionAsync(Ct).AsTask();
}
