using System.Diagnostics.Metrics;
using DataSync.Platform.Monitoring;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Slots;

/// <summary>
/// Watches, between syncs too, what servers keep for following their changes: a source that nobody syncs any more fills its server's disk. Every worker shows the same, as it was known
/// within the last half minute.
/// </summary>
internal sealed partial class SlotWatch : BackgroundService
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(15);

    private readonly SlotLook _look;
    private readonly TimeSpan _tick;
    private readonly TimeProvider _time;
    private readonly ILogger<SlotWatch> _logger;
    private readonly Meter _meter;
    private Known _known = new(0, 0, 0, 0);

    public SlotWatch(SlotLook look, SlotOptions options, IMeterFactory meters, TimeProvider time, ILogger<SlotWatch> logger)
    {
        (_look, _time, _logger) = (look, time, logger);
        _tick = options.Pace < LongestTick ? options.Pace : LongestTick;
        _meter = meters.Create(SyncTelemetry.Name);
        _meter.CreateObservableGauge("datasync.source.slots", () => _known.Slots, "{slot}", "Replication slots of sources");
        _meter.CreateObservableGauge("datasync.source.slots_left", () => _known.Left, "{slot}", "Servers that former sources read from and that have not given up their slots yet");
        _meter.CreateObservableGauge("datasync.source.slot_lag", () => _known.MostBytes, "By", "Bytes of its log that the server keeps which keeps the most for a slot");
        _meter.CreateObservableGauge("datasync.source.slot_lag.age", () => _known.AgeSeconds, "s", "How long ago the slot was looked at that was not looked at for longest");
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
                await _look.LookAsync(stoppingToken);
                var (slots, most, age, left) = await _look.SumAsync(stoppingToken);
                _known = new Known(slots, most, age, left);
            }
            catch (NpgsqlException e)
            {
                LogFailed(_logger, e.SqlState);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // One source's fault must not end the watch over all of them.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogBroken(_logger, e);
            }

            await Task.Delay(_tick, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(2091, LogLevel.Warning, "The slots of sources could not be looked at, SQLSTATE {SqlState}; tried again in a moment")]
    private static partial void LogFailed(ILogger logger, string? sqlState);

    [LoggerMessage(2092, LogLevel.Error, "The slots of sources could not be looked at; tried again in a moment")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    /// <summary>What was seen last.</summary>
    private sealed record Known(long Slots, long MostBytes, double AgeSeconds, long Left);
}
