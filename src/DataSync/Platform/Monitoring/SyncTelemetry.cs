using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace DataSync.Platform.Monitoring;

/// <summary>Traces and metrics of syncs. No tenant is a label: their number has no bound, and a metrics page is not a tenant's place.</summary>
internal sealed class SyncTelemetry : IHostedService, IDisposable
{
    public const string Name = "DataSync";

    // What there is to count, known beforehand.
    private static readonly string[] Outcomes = ["completed", "failed", "cancelled"], Modes = ["async", "realtime", "hybrid"], Runs = ["queued", "put_off", "refused"];
    private static readonly string[] CachedKinds = ["source", "settings"], MadeKinds = ["schema", "rules"];

    private readonly ActivitySource _activities = new(Name);
    private readonly Meter _meter;
    private readonly Counter<long> _jobs, _records, _rejected, _bytes, _cacheReads, _scheduled;
    private readonly Histogram<double> _duration, _waited, _late;
    private readonly Histogram<long> _logLag;

    public SyncTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _jobs = _meter.CreateCounter<long>("datasync.jobs", "{job}", "Jobs that ended, by outcome");
        _records = _meter.CreateCounter<long>("datasync.records", "{record}", "Records kept");
        _rejected = _meter.CreateCounter<long>("datasync.records.rejected", "{record}", "Records refused");
        _bytes = _meter.CreateCounter<long>("datasync.bytes", "By", "Payload bytes read from sources");
        _cacheReads = _meter.CreateCounter<long>("datasync.cache.reads", "{read}", "Reads of a tenant's configuration, by kind and by what answered: memory or Redis (hit), the database (miss), or the database as nothing is cached (bypass)");
        _scheduled = _meter.CreateCounter<long>("datasync.schedule.runs", "{run}", "Due runs of schedules, by outcome: a job was queued, put off (the queue is full), or refused (the source cannot run so)");
        _late = _meter.CreateHistogram("datasync.schedule.lateness", "s", "Time from when a planned run was due to its job's making; runs held back by another job of the source and missed ones included",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600] });
        _duration = _meter.CreateHistogram("datasync.job.duration", "s", "Running time of a job's last attempt",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600] });
        _logLag = _meter.CreateHistogram("datasync.source.log_lag", "By", "Bytes of its log that a source's server keeps for following its changes, as each sync finds them",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1 << 20, 16 << 20, 128 << 20, 1L << 30, 8L << 30, 64L << 30] });
        _waited = _meter.CreateHistogram("datasync.queue.wait", "s", "Time from a job's making to an attempt's begin",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
    }

    /// <summary>Shows every counter at 0: of a series that begins with its first event Prometheus sees no increase, so that the first failure of each process would be nobody's.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var mode in Modes)
        {
            foreach (var outcome in Outcomes) _jobs.Add(0, new("outcome", outcome), new("mode", mode));
            foreach (var counter in (Counter<long>[])[_records, _rejected, _bytes]) counter.Add(0, new KeyValuePair<string, object?>("mode", mode));
        }

        foreach (var outcome in Runs) _scheduled.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        foreach (var kind in (string[])[.. CachedKinds, .. MadeKinds])
        {
            foreach (var result in (string[])["hit", "miss"]) _cacheReads.Add(0, new("kind", kind), new("result", result));
        }

        foreach (var kind in CachedKinds) _cacheReads.Add(0, new("kind", kind), new("result", "bypass"));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The span of an attempt, a child of the request that asked for the job.</summary>
    public Activity? StartJob(string? traceParent, string mode, int attempt)
    {
        var parent = ActivityContext.TryParse(traceParent, null, isRemote: true, out var given) ? given : default;
        return _activities.StartActivity("sync.run", ActivityKind.Consumer, parent, [new("datasync.mode", mode), new("datasync.attempt", attempt)]);
    }

    /// <summary>The span of one stage.</summary>
    public Activity? StartStage(string stage) => _activities.StartActivity("sync." + stage);

    /// <summary>The span in which a schedule makes a job: the beginning of the job's trace.</summary>
    public Activity? StartScheduled() => _activities.StartActivity("sync.schedule", ActivityKind.Producer);

    /// <summary>A due run of a schedule became a job, or did not. <paramref name="late"/> is null where the plan names no time.</summary>
    public void Scheduled(string outcome, TimeSpan? late = null)
    {
        _scheduled.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (late is { } time) _late.Record(time.TotalSeconds);
    }

    public void Waited(TimeSpan waited) => _waited.Record(waited.TotalSeconds);

    public void Ended(string status, string mode, TimeSpan ran, long records, long rejected, long bytes)
    {
        KeyValuePair<string, object?> outcome = new("outcome", status), how = new("mode", mode);
        _jobs.Add(1, outcome, how);
        _duration.Record(ran.TotalSeconds, outcome, how);
        _records.Add(records, how);
        _rejected.Add(rejected, how);
        _bytes.Add(bytes, how);
    }

    /// <summary>A sync found so many bytes of its source's log kept for it.</summary>
    public void LogLag(long bytes) => _logLag.Record(bytes);

    public void CacheRead(string kind, string result) => _cacheReads.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("result", result));

    public void Dispose()
    {
        _activities.Dispose();
        _meter.Dispose();
    }
}
