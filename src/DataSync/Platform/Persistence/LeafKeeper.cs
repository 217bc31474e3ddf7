using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>Keeps the leaves of <c>sync_data</c> two weeks ahead. A job whose day has no leaf could not store a record.</summary>
internal sealed partial class LeafKeeper(DataSources sources, TimeProvider time, ILogger<LeafKeeper> logger) : BackgroundService
{
    private const int DaysAhead = 14;

    /// <summary>Makes the missing leaves now; returns how many.</summary>
    public async Task<int> EnsureAsync(CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand("SELECT public.make_sync_data_leaves($1)");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = DaysAhead });
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>True while tomorrow's leaf exists.</summary>
    public async Task<bool> IsAheadAsync(CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand("SELECT public.last_sync_data_leaf() >= (now() AT TIME ZONE 'UTC')::date + 1");
        return await command.ExecuteScalarAsync(ct) is true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                var made = await EnsureAsync(stoppingToken);
                if (made > 0) Log.LeavesMade(logger, made);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): without tomorrow's leaf nothing can be stored.
                Log.LeavesFailed(logger, (e as NpgsqlException)?.SqlState ?? e.GetType().Name, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1601, LogLevel.Information, "Made {Made} leaves of sync_data")]
        public static partial void LeavesMade(ILogger logger, int made);

        [LoggerMessage(1602, LogLevel.Error, "Could not make leaves of sync_data ({Reason}); tried again in an hour, and readiness fails when tomorrow's is missing")]
        public static partial void LeavesFailed(ILogger logger, string reason, Exception exception);
    }
}
