using System.Diagnostics.Metrics;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Metrics;

/// <summary>The installation's load as gauges: what is queued and for how long, what runs. Every worker shows the same, as it saw it within the last quarter of a minute.</summary>
internal sealed partial class QueueGauges : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);

    private const string Sql =
        """
        SELECT q.jobs, coalesce(q.age, 0), r.jobs, r.most FROM
            (SELECT count(*) AS jobs, extract(epoch FROM now() - min(greatest(created_at, not_before)))::double precision AS age FROM sync_jobs WHERE status = 'queued' AND (not_before IS NULL OR not_before <= now())) q,
            (SELECT coalesce(sum(n), 0)::bigint AS jobs, coalesce(max(n), 0) AS most FROM (SELECT count(*) AS n FROM sync_jobs WHERE status = 'running' GROUP BY tenant_id) t) r
        """;

    private readonly DataSources _sources;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueGauges> _logger;
    private readonly Meter _meter;
    private Load _load = new(0, 0, 0, 0);

    public QueueGauges(DataSources sources, IMeterFactory meters, TimeProvider time, ILogger<QueueGauges> logger)
    {
        (_sources, _time, _logger) = (sources, time, logger);
        _meter = meters.Create(SyncTelemetry.Name);
        _meter.CreateObservableGauge("datasync.queue.jobs", () => _load.Queued, "{job}", "Jobs in the queues that may begin now");
        _meter.CreateObservableGauge("datasync.queue.age", () => _load.AgeSeconds, "s", "How long the oldest of them could have begun");
        _meter.CreateObservableGauge("datasync.jobs.running", () => _load.Running, "{job}", "Jobs that run, on whatever machine");
        _meter.CreateObservableGauge("datasync.jobs.running.tenant", () => _load.MostOfATenant, "{job}", "Jobs that run of the tenant that has most of them");
    }

    /// <summary>Looks now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        await using var command = _sources.System.CreateCommand(Sql);
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
