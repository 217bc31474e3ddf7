using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Forgets answers that are too old to be used again.</summary>
internal sealed partial class AnswerSweeper(DataSources sources, IOptions<AiOptions> options, TimeProvider time, ILogger<AnswerSweeper> logger) : HourlySweeper(sources, time)
{
    private const string Sql =
        "DELETE FROM ai_answers a USING (SELECT tenant_id, key FROM ai_answers WHERE created_at < now() - $1 LIMIT $2) o WHERE a.tenant_id = o.tenant_id AND a.key = o.key";

    /// <summary>Does it now, in small transactions; returns how many.</summary>
    public Task<int> SweepAsync(CancellationToken ct) => RepeatAsync(Sql, TimeSpan.FromDays(options.Value.CacheDays), ct);

    protected override async Task SweepAndTellAsync(CancellationToken ct) => Log.Swept(logger, await SweepAsync(ct));

    protected override void TellFailed(string? reason) => Log.SweepFailed(logger, reason);

    private static partial class Log
    {
        [LoggerMessage(1852, LogLevel.Debug, "Forgot {Answers} old answers of models")]
        public static partial void Swept(ILogger logger, int answers);

        [LoggerMessage(1853, LogLevel.Warning, "Old answers of models could not be forgotten ({Reason}); tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? reason);
    }
}
