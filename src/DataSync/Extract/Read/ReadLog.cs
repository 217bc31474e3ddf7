using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Logging;

namespace DataSync.Extract.Read;

/// <summary>What the read extractor logs: never a statement, a host, a value or a secret.</summary>
internal static partial class ReadLog
{
    /// <summary>
    /// What was thrown beneath: its type alone, since a server's text may quote the data it stumbled over. The failure's SQLSTATE is in its parameters.
    /// </summary>
    public static string Cause(SyncFailureException failure)
    {
        var type = failure.InnerException?.GetType().Name ?? "none";
        return failure.Failure.Params?.GetValueOrDefault("sqlstate") is { } state ? $"{type} {state}" : type;
    }

    [LoggerMessage(1000, LogLevel.Information, "Read attempt {Attempt} of source {SourceId} begins at record {FirstSeq}, correlation {CorrelationId}")]
    public static partial void Attempt(this ILogger logger, int attempt, string sourceId, long firstSeq, string correlationId);

    [LoggerMessage(1001, LogLevel.Warning, "Read attempt {Attempt} of source {SourceId} failed with {ErrorKey} ({Cause}); next in {WaitMilliseconds} ms, correlation {CorrelationId}")]
    public static partial void Waiting(
        this ILogger logger, int attempt, string sourceId, string errorKey, string cause, double waitMilliseconds, string correlationId);

    [LoggerMessage(1002, LogLevel.Error, "Read of source {SourceId} gave up at record {NextSeq} with {ErrorKey} ({FailureKind}, {Cause}), correlation {CorrelationId}")]
    public static partial void GaveUp(
        this ILogger logger, string sourceId, long nextSeq, string errorKey, FailureKind failureKind, string cause, string correlationId);

    [LoggerMessage(1003, LogLevel.Information, "Read of source {SourceId} ended after record {NextSeq}, attempt {Attempt}, correlation {CorrelationId}")]
    public static partial void Ended(this ILogger logger, string sourceId, long nextSeq, int attempt, string correlationId);

    [LoggerMessage(1004, LogLevel.Warning, "Gap in the incremental sync of source {SourceId}: {Missing} records that no sync delivered, repaired {Repaired}, correlation {CorrelationId}")]
    public static partial void Gap(this ILogger logger, string sourceId, long missing, bool repaired, string correlationId);

    [LoggerMessage(1005, LogLevel.Warning, "Incremental sync of source {SourceId} could not be compared with its source: {ErrorKey} ({Cause}), correlation {CorrelationId}")]
    public static partial void NotCompared(this ILogger logger, string sourceId, string errorKey, string cause, string correlationId);

    [LoggerMessage(1010, LogLevel.Information, "Changes of source {SourceId} followed by {Method}, everything read {Everything} ({Reason}), {LagBytes} bytes kept by its server, correlation {CorrelationId}")]
    public static partial void Followed(this ILogger logger, string sourceId, string method, bool everything, string? reason, long? lagBytes, string correlationId);

    [LoggerMessage(1011, LogLevel.Warning, "What the server of source {SourceId} keeps for following its changes could not be given back: {ErrorKey} ({Cause}), correlation {CorrelationId}")]
    public static partial void NotReleased(this ILogger logger, string sourceId, string errorKey, string cause, string correlationId);

    [LoggerMessage(2080, LogLevel.Warning, "Incremental sync of source {SourceId}: the cursor of {Records} records has no order beside the others, so they were told apart by what they hold, correlation {CorrelationId}")]
    public static partial void Unordered(this ILogger logger, string sourceId, long records, string correlationId);
}
