using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;

namespace DataSync.Alerts.Notices;

/// <summary>Forgets alerts that have long been over, and what became long ago of what channels were to be told.</summary>
internal sealed partial class AlertSweeper(DataSources sources, AlertOptions options, TimeProvider time, ILogger<AlertSweeper> logger) : HourlySweeper(sources, time)
{
    // An alert's own notices go with it.
    private static readonly string[] Sql =
    [
        "DELETE FROM alert_notices n USING (SELECT tenant_id, notice_id FROM alert_notices WHERE ended_at < now() - $1 LIMIT $2) o WHERE n.tenant_id = o.tenant_id AND n.notice_id = o.notice_id",
        "DELETE FROM alerts a USING (SELECT tenant_id, alert_id FROM alerts WHERE over_at < now() - $1 LIMIT $2) o WHERE a.tenant_id = o.tenant_id AND a.alert_id = o.alert_id",
    ];

    /// <summary>Does it now, in small transactions; returns how many rows.</summary>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var total = 0;
        foreach (var sql in Sql) total += await RepeatAsync(sql, TimeSpan.FromDays(options.KeepDays), ct);
        return total;
    }

    protected override async Task SweepAndTellAsync(CancellationToken ct) => Log.Swept(logger, await SweepAsync(ct));

    protected override void TellFailed(string? reason) => Log.SweepFailed(logger, reason);

    private static partial class Log
    {
        [LoggerMessage(1909, LogLevel.Debug, "Forgot {Rows} old alerts and notices")]
        public static partial void Swept(ILogger logger, int rows);

        [LoggerMessage(1910, LogLevel.Warning, "Old alerts and notices could not be forgotten ({Reason}); tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? reason);
    }
}
