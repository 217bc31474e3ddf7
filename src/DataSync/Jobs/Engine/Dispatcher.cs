using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Hands out queued jobs as they come, round the tenants, each within its limit; and takes up again, ahead of new work, what a crash left behind.
/// Every worker runs one; see <see cref="DispatchTurn"/>.
/// </summary>
internal sealed partial class Dispatcher(DataSources sources, HandOut hand, TimeProvider time, ILogger<Dispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>The least from one turn to the next: under load each job that begins or ends would wake every worker's dispatcher, and one look serves many of them.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sources.System.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("LISTEN " + JobOutcome.DispatchChannel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                {
                    var began = time.GetTimestamp();
                    if (await hand.DispatchAsync(connection, stoppingToken) == 0) await connection.WaitAsync(Tick, stoppingToken);
                    await PaceAsync(began, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): without a dispatcher no queued job begins here.
                Log.DispatchFailed(logger, e.GetType().Name);
                await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task PaceAsync(long began, CancellationToken ct)
        => time.GetElapsedTime(began) is var spent && spent < Pace ? Task.Delay(Pace - spent, time, ct) : Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1320, LogLevel.Warning, "Dispatching failed ({Reason}); trying again")]
        public static partial void DispatchFailed(ILogger logger, string reason);
    }
}
