using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Schedules;

/// <summary>
/// Makes jobs of due schedules. Every worker runs one; see <see cref="ScheduleTurn"/>. It sleeps until the next time that is planned, and is woken where a job ended
/// for which a schedule waits, or a schedule was set.
/// </summary>
internal sealed class Scheduler(DataSources sources, ScheduleTurn turn, RegionOptions regions, TimeProvider time, ILogger<Scheduler> logger) : BackgroundService
{
    /// <summary>Called with the commit of a schedule, and by a trigger with the end of a job that one waits for.</summary>
    public const string Channel = "datasync_schedule";

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>The least from one look to the next.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks once, and takes every turn that is due. Returns how long there is nothing to do, unless woken.</summary>
    public async Task<TimeSpan> LookAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var (due, next) = await DueSchedules.FindAsync(connection, regions, ct);
        var moved = false;
        foreach (var schedule in due) moved |= await turn.TakeAsync(schedule, ct) is not ScheduleOutcome.Passed;
        return moved ? TimeSpan.Zero : next < Tick ? next.Value : Tick;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sources.System.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("LISTEN " + Channel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                {
                    var wait = await LookAsync(connection, stoppingToken);
                    if (wait > Pace) await connection.WaitAsync(wait, stoppingToken);
                    else await Task.Delay(Pace, time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it is: a worker that makes no jobs of schedules still runs those there are.
                ScheduleLog.LookFailed(logger, e.GetType().Name);
                await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
