using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Schedules;

internal static partial class ScheduleLog
{
    [LoggerMessage(1330, LogLevel.Information, "A schedule queued job {JobId} ({CorrelationId}), {LateMs:0} ms after its time")]
    public static partial void Queued(ILogger logger, Guid jobId, string correlationId, double lateMs);

    [LoggerMessage(1331, LogLevel.Warning, "A schedule's due run became no job: {MessageKey}")]
    public static partial void Refused(ILogger logger, string messageKey);

    [LoggerMessage(1332, LogLevel.Error, "A schedule could not be looked after; the others go on")]
    public static partial void Broken(ILogger logger, Exception exception);

    [LoggerMessage(1333, LogLevel.Warning, "Looking for due schedules failed ({Reason}); trying again")]
    public static partial void LookFailed(ILogger logger, string reason);

    [LoggerMessage(1014, LogLevel.Warning, "A job that found nothing was forgotten, but its export was not removed: {MessageKey}")]
    public static partial void NotForgotten(ILogger logger, string messageKey);
}
