using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics.Metrics;
using DataSync.Alerts.Conditions;
using DataSync.Platform.Monitoring;
using Microsoft.Extensions.Logging;

namespace DataSync.Alerts.Evaluation;

/// <summary>Which conditions could not be asked when this process looked last: the log says it once, and once when it is over; how long it goes on is counted.</summary>
internal sealed partial class FailingConditions(IMeterFactory meters, ILogger<FailingConditions> logger)
{
    private readonly Counter<long> _failures = meters.Create(SyncTelemetry.Name).CreateCounter<long>("datasync.alerts.condition_failures", "{failure}", "Looks for alerts in which a condition could not be asked, by condition");
    private readonly ConcurrentDictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <summary>It was asked.</summary>
    public void Asked(IAlertCondition condition)
    {
        _failures.Add(0, Of(condition)); // shown from the first look on
        if (_reasons.TryRemove(condition.Name, out _)) Log.AskedAgain(logger, condition.Name);
    }

    /// <summary>It could not be asked; another reason than before is another state.</summary>
    public void Failed(IAlertCondition condition, Exception exception)
    {
        _failures.Add(1, Of(condition));
        var reason = (exception as DbException)?.SqlState ?? (exception.InnerException ?? exception).GetType().Name;
        if (_reasons.TryGetValue(condition.Name, out var before) && before == reason) return;
        _reasons[condition.Name] = reason;
        Log.ConditionFailed(logger, condition.Name, reason, exception);
    }

    private static KeyValuePair<string, object?> Of(IAlertCondition condition) => new("condition", condition.Name);

    private static partial class Log
    {
        [LoggerMessage(1912, LogLevel.Error, "Looking for alerts of {Condition} failed ({Reason}); the other conditions are looked at, and it is tried again at every look")]
        public static partial void ConditionFailed(ILogger logger, string condition, string reason, Exception exception);

        [LoggerMessage(1913, LogLevel.Information, "Alerts of {Condition} are looked for again")]
        public static partial void AskedAgain(ILogger logger, string condition);
    }
}
