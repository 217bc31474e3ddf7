using System.Diagnostics.Metrics;
using DataSync.Jobs.Engine;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Metrics;

/// <summary>The installation's load as gauges: what may begin and for how long it could have, what runs. Every worker shows the same, as it saw it within the last quarter of a minute.</summary>
internal sealed partial class QueueGauges : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A place that a tenant's job has just left is free until the next one has it, which may have been in the queue for hours at its tenant's own limit. So while there are threads for more, a job could have begun only since its tenant's
    /// place was left; while there are none, since it came.
    /// </summary>
    private static readonly string Sql =
        $"""
        WITH RECURSIVE {MayRun.Sql("$1", "NULL::integer", "$2", "$3")},
        waiting AS (
            SELECT n.jobs, CASE WHEN taken.threads < $4 THEN greatest(n.since, f.ended_at) ELSE n.since END AS since
            FROM (SELECT tenant_id, places, count(*) AS jobs, min(since) AS since FROM next GROUP BY tenant_id, places) n CROSS JOIN taken
            LEFT JOIN LATERAL (SELECT e.ended_at FROM sync_job_endings e WHERE e.tenant_id = n.tenant_id ORDER BY e.ended_at DESC OFFSET n.places - 1 LIMIT 1) f ON true),
        running AS (SELECT count(*) AS jobs FROM live GROUP BY tenant_id)
        SELECT (SELECT coalesce(sum(jobs), 0)::bigint FROM waiting), (SELECT coalesce(extract(epoch FROM now() - min(since))::double precision, 0) FROM waiting),
            (SELECT coalesce(sum(jobs), 0)::bigint FROM running), (SELECT coalesce(max(jobs), 0) FROM running)
        """;

    private readonly DataSources _sources;
    private readonly EngineOptions _options;
    private readonly WorkerCapacity _capacity;
    private readonly RegionOptions _regions;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueGauges> _logger;
    private readonly Meter _meter;
    private Load _load = new(0, 0, 0, 0);

    public QueueGauges(DataSources sources, EngineOptions options, WorkerCapacity capacity, RegionOptions regions, IMeterFactory meters, TimeProvider time, ILogger<QueueGauges> logger)
    {
        (_sources, _options, _capacity, _regions, _time, _logger) = (sources, options, capacity, regions, time, logger);
        _meter = meters.Create(SyncTelemetry.Name);
        _meter.CreateObservableGauge("datasync.queue.jobs", () => _load.Queued, "{job}", "Jobs in the queues that may begin now: no more of a tenant than its limit lets run");
        _meter.CreateObservableGauge("datasync.queue.age", () => _load.AgeSeconds, "s", "How long the oldest of them could have begun");
        _meter.CreateObservableGauge("datasync.jobs.running", () => _load.Running, "{job}", "Jobs that run, on whatever machine");
        _meter.CreateObservableGauge("datasync.jobs.running.tenant", () => _load.MostOfATenant, "{job}", "Jobs that run of the tenant that has most of them");
    }

    /// <summary>Looks now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        await using var command = _sources.System.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _options.MaxConcurrentJobsPerTenant });
        command.Parameters.AddRange(RegionSql.Values(_regions));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _capacity.Threads - _capacity.Reserve });
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        _load = new Load(row.GetInt64(0), Math.Max(0, row.GetDouble(1)), row.GetInt64(2), row.GetInt64(3));
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): what is not measured now is in a moment.
                LogFailed(_logger, (e as NpgsqlException)?.SqlState ?? e.GetType().Name);
            }

            await Task.Delay(Pace, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1908, LogLevel.Warning, "The load could not be measured ({Reason}); tried again in a moment")]
    private static partial void LogFailed(ILogger logger, string reason);

    /// <summary>What was seen last.</summary>
    private sealed record Load(long Queued, double AgeSeconds, long Running, long MostOfATenant);
}
