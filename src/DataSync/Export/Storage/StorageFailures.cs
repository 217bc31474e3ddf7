using DataSync.Pipeline.Failures;

namespace DataSync.Export.Storage;

/// <summary>Names what a disk can answer. A path is the operator's business and stays in the inner exception.</summary>
internal static class StorageFailures
{
    // errno of Linux, and the two HRESULTs of Windows, as IOException carries them
    private static readonly HashSet<int> Full = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];
    private static readonly HashSet<int> Unusable = [1, 13, 20, 30];

    /// <summary>The failure an exception stands for; null where it is none of a storage.</summary>
    public static SyncFailure? Of(Exception exception) => exception switch
    {
        UnauthorizedAccessException => SyncFailure.Permanent("errors.export.storage_refused"),
        DirectoryNotFoundException or PathTooLongException => SyncFailure.Permanent("errors.export.storage_refused"),
        IOException io when Full.Contains(io.HResult) => SyncFailure.Transient("errors.export.disk_full"),
        IOException io when Unusable.Contains(io.HResult) => SyncFailure.Permanent("errors.export.storage_refused"),
        IOException => SyncFailure.Transient("errors.export.storage_failed"),
        _ => null,
    };

    /// <summary>Runs an operation on the storage; what goes wrong comes as a <see cref="SyncFailureException"/>.</summary>
    public static async ValueTask<T> WrapAsync<T>(Func<ValueTask<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (Exception exception) when (Of(exception) is { } failure)
        {
            throw new SyncFailureException(failure, exception);
        }
    }
}
