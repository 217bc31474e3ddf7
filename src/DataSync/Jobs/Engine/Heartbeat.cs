using DataSync.Pipeline;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Engine;

/// <summary>Renews a running job's lease, shows its progress, and hears of what became of it meanwhile.</summary>
internal sealed partial class Heartbeat(JobLease leases, EngineOptions options, TimeProvider time, ILogger<Heartbeat> logger)
{
    /// <summary>Beats until the attempt is over. A database that does not answer is no reason to stop: the fence decides.</summary>
    public async Task RunAsync(SyncRun run, AttemptSignals signals)
    {
        using var timer = new PeriodicTimer(options.Heartbeat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(signals.Token))
            {
                try
                {
                    var (held, cancelRequested) = await leases.RenewAsync(run, signals.Token);
                    if (!held) await signals.LoseAsync();
                    if (cancelRequested) await signals.CancelAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException && AttemptVerdict.IsOwnDatabase(e))
                {
                    Log.HeartbeatFailed(logger, e.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the attempt is over
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1315, LogLevel.Warning, "Lease not renewed ({Reason}); tried again with the next beat")]
        public static partial void HeartbeatFailed(ILogger logger, string reason);
    }
}
