using Microsoft.Extensions.Logging;

namespace DataSync.Export;

/// <summary>Log lines of the export room: events 1500–1599.</summary>
internal static partial class ExportLog
{
    [LoggerMessage(EventId = 1500, Level = LogLevel.Information,
        Message = "Export of job {JobId} finished: {Records} records in {Files} files, {Bytes} bytes, {Milliseconds} ms")]
    public static partial void Finished(ILogger logger, Guid jobId, long records, int files, long bytes, double milliseconds);

    [LoggerMessage(EventId = 1501, Level = LogLevel.Information, Message = "{Records} records of job {JobId} put into the answer, {Milliseconds} ms")]
    public static partial void FinishedInline(ILogger logger, Guid jobId, long records, double milliseconds);
}
