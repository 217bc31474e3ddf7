using Microsoft.Extensions.Hosting;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>Removes once an hour what nobody needs any more, as the system role; what the database refuses is tried again in the next.</summary>
internal abstract class HourlySweeper(DataSources sources, TimeProvider time) : BackgroundService
{
    private const int Chunk = 5000;

    /// <summary>Where it is done.</summary>
    protected DataSources Sources { get; } = sources;

    /// <summary>Does it now and tells the log how much it was.</summary>
    protected abstract Task SweepAndTellAsync(CancellationToken ct);

    /// <summary>Tells the log that it could not be done: the SQLSTATE, else the exception's type.</summary>
    protected abstract void TellFailed(string? reason);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                await SweepAndTellAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): one hour's sweep ends none of the next.
                TellFailed((e as NpgsqlException)?.SqlState ?? e.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Runs a statement until it finds no more, in small transactions, so that nobody waits for the rows; returns how many rows there were.</summary>
    /// <param name="sql">Takes how old a row must be as <c>$1</c>, and how many at the most as <c>$2</c>.</param>
    /// <param name="age">How old.</param>
    /// <param name="ct">Ends it between two transactions, or in one, which then has not been.</param>
    protected async Task<int> RepeatAsync(string sql, TimeSpan age, CancellationToken ct)
    {
        for (var total = 0; ;)
        {
            await using var command = Sources.System.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Chunk });
            var done = await command.ExecuteNonQueryAsync(ct);
            total += done;
            if (done < Chunk) return total;
        }
    }
}
