using Microsoft.Extensions.Logging;

namespace DataSync.Extract.Read;

/// <summary>What the read extractor logs: never a statement, a host, a value or a secret.</summary>
internal static partial class ReadLog
{
    [LoggerMessage(1000, LogLevel.Information, "Read attempt {Attempt} of source {SourceId} begins at record {FirstSeq}, correlation {CorrelationId}")]
    public static partial void Attempt(this ILogger logger, int attempt, string sourceId, long firstSeq, string correlationId);

    [LoggerMessage(1001, LogLevel.Warning, "Read attempt {Attempt} of source {SourceId} failed with {ErrorKey}; next in {WaitMilliseconds} ms, correlation {CorrelationId}")]
    public static partial void Waiting(
        this ILogger logger, int attempt, string sourceId, string errorKey, double waitMilliseconds, string correlationId, Exception failure);

    [LoggerMessage(1002, LogLevel.Error, "Read of source {SourceId} gave up at record {NextSeq} with {ErrorKey} ({FailureKind}), correlation {CorrelationId}")]
    public static partial void GaveUp(
        this ILogger logger, string sourceId, long nextSeq, string errorKey, Pipeline.Failures.FailureKind failureKind, string correlationId, Exception failure);

    [LoggerMessage(1003, LogLevel.Information, "Read of source {SourceId} ended after record {NextSeq}, attempt {Attempt}, correlation {CorrelationId}")]
    public static partial void Ended(this ILogger logger, string sourceId, long nextSeq, int attempt, string correlationId);
}
