using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>
/// Removes keys that nobody can mean any more. A claim without an answer stays a day longer than it holds, because a repeat of the same request
/// still has to find the id its work was done under.
/// </summary>
internal sealed partial class IdempotencySweeper(DataSources sources, TimeProvider time, ILogger<IdempotencySweeper> logger) : HourlySweeper(sources, time)
{
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <summary>Removes them now; returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        await using var command = Sources.System.CreateCommand("DELETE FROM idempotency_keys WHERE expires_at < now() - $1");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Grace });
        return await command.ExecuteNonQueryAsync(ct);
    }

    protected override async Task SweepAndTellAsync(CancellationToken ct) => Log.Swept(logger, await SweepAsync(ct));

    protected override void TellFailed(string? reason) => Log.SweepFailed(logger, reason);

    private static partial class Log
    {
        [LoggerMessage(1240, LogLevel.Debug, "Removed {Removed} idempotency keys that had run out")]
        public static partial void Swept(ILogger logger, int removed);

        [LoggerMessage(1241, LogLevel.Warning, "Could not remove idempotency keys that had run out ({Reason}); tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? reason);
    }
}
