using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.Alerts.Evaluation;

/// <summary>Every worker runs one; see <see cref="AlertTurn"/>.</summary>
internal sealed partial class AlertEvaluator(AlertTurn turn, AlertOptions options, TimeProvider time, ILogger<AlertEvaluator> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Several workers' beats lie anywhere between each other's: who comes too early passes, and somebody is never late by more than half the pace.
        using var timer = new PeriodicTimer(options.Pace / 2, time);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                if (await turn.TakeAsync(options.Pace * 0.9, stoppingToken) is { } count && count != default) Log.Looked(logger, count.Opened, count.Over, count.Told);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is: a worker that sees no alerts still runs jobs, and others look.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.LookFailed(logger, e);
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1900, LogLevel.Information, "Alerts: {Opened} opened, {Over} over, {Told} notices to send")]
        public static partial void Looked(ILogger logger, long opened, long over, long told);

        [LoggerMessage(1901, LogLevel.Error, "Looking for alerts failed; another worker, or the next look, may do better")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
