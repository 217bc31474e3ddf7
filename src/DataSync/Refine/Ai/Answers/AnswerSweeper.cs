using System.Data.Common;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Forgets answers that are too old to be used again.</summary>
internal sealed partial class AnswerSweeper(DataSources sources, IOptions<AiOptions> options, TimeProvider time, ILogger<AnswerSweeper> logger) : BackgroundService
{
    private const int Chunk = 5000;

    /// <summary>Does it now, in small transactions; returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        for (var total = 0; ;)
        {
            await using var command = sources.System.CreateCommand(
                "DELETE FROM ai_answers a USING (SELECT tenant_id, key FROM ai_answers WHERE created_at < now() - $1 LIMIT $2) o WHERE a.tenant_id = o.tenant_id AND a.key = o.key");
            command.Parameters.AddWithValue(TimeSpan.FromDays(options.Value.CacheDays));
            command.Parameters.AddWithValue(Chunk);
            var done = await command.ExecuteNonQueryAsync(ct);
            total += done;
            if (done < Chunk) return total;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                Log.Swept(logger, await SweepAsync(stoppingToken));
            }
            catch (DbException e)
            {
                Log.SweepFailed(logger, e.SqlState);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1852, LogLevel.Debug, "Forgot {Answers} old answers of models")]
        public static partial void Swept(ILogger logger, int answers);

        [LoggerMessage(1853, LogLevel.Warning, "Old answers of models could not be forgotten, SQLSTATE {SqlState}; tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? sqlState);
    }
}
