using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Engine;

internal static partial class RunnerLog
{
    [LoggerMessage(1310, LogLevel.Information, "Attempt {Attempt} begins after {WaitedMs:0} ms in the queue")]
    public static partial void Started(ILogger logger, int attempt, double waitedMs);

    [LoggerMessage(1013, LogLevel.Warning, "The server of the job's source keeps {LagBytes} bytes of its log for the next sync")]
    public static partial void LogLags(ILogger logger, long lagBytes);

    [LoggerMessage(1311, LogLevel.Information, "Job {Status}: {Records} records, {Rejected} refused, {RanMs:0} ms")]
    public static partial void Ended(ILogger logger, string status, long records, long rejected, double ranMs);

    [LoggerMessage(1312, LogLevel.Warning, "Attempt failed with {MessageKey}; the job goes on later from its checkpoint")]
    public static partial void AttemptFailed(ILogger logger, string messageKey, Exception exception);

    [LoggerMessage(1313, LogLevel.Error, "Job failed with {MessageKey}")]
    public static partial void Failed(ILogger logger, string messageKey, Exception exception);

    [LoggerMessage(1314, LogLevel.Warning, "Another worker has taken the job over; this attempt stops")]
    public static partial void Superseded(ILogger logger);

    [LoggerMessage(1316, LogLevel.Error, "The end of the attempt could not be stored; it is taken up again when the lease runs out")]
    public static partial void EndFailed(ILogger logger, Exception exception);

    [LoggerMessage(1317, LogLevel.Error, "The attempt did not come back when it was told to stop (all told: {Told}); it is left behind and can commit nothing")]
    public static partial void LeftBehind(ILogger logger, bool told);

    [LoggerMessage(1318, LogLevel.Warning, "The backend of the attempt's writer could not be ended")]
    public static partial void WriterNotEnded(ILogger logger, Exception exception);

    [LoggerMessage(1319, LogLevel.Warning, "What the attempt left half done could not be cleared away")]
    public static partial void NotCleared(ILogger logger, Exception exception);

    [LoggerMessage(1321, LogLevel.Information, "This worker stops; the job goes back into the queue with {Records} records kept")]
    public static partial void HandedOver(ILogger logger, long records);

    [LoggerMessage(1850, LogLevel.Information, "The job waits for {Seconds:0} s at most, without a worker; {Results} results were kept")]
    public static partial void Waits(ILogger logger, double seconds, long results);

    [LoggerMessage(1322, LogLevel.Warning, "Job {JobId} could not be claimed; trying again")]
    public static partial void NotClaimed(ILogger logger, Guid jobId, Exception exception);
}
