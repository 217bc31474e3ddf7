using System.Net;
using Amazon.Runtime;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Storage.S3;

/// <summary>Names what a bucket can answer. Its name, the endpoint and the keys are the operator's business and stay in the inner exception.</summary>
internal static class S3Failures
{
    /// <summary>Runs an operation on the bucket; what goes wrong comes as a <see cref="SyncFailureException"/>.</summary>
    public static async Task<T> WrapAsync<T>(Func<Task<T>> operation, CancellationToken ct)
    {
        try
        {
            return await operation();
        }
        catch (Exception e) when (!ct.IsCancellationRequested && Of(e) is { } failure)
        {
            throw new SyncFailureException(failure, e);
        }
    }

    /// <summary>The failure an exception stands for; null where it is none of a bucket or a disk.</summary>
    public static SyncFailure? Of(Exception exception)
    {
        for (Exception? at = exception; at is not null; at = at.InnerException)
        {
            if (at is SyncFailureException { Failure: { Kind: FailureKind.Permanent } }) return SyncFailure.Permanent("errors.export.storage_refused"); // the egress guard
        }

        return exception switch
        {
            SyncFailureException => SyncFailure.Transient("errors.export.storage_failed"),
            AmazonServiceException { StatusCode: HttpStatusCode.InsufficientStorage } or AmazonServiceException { ErrorCode: "QuotaExceeded" } => SyncFailure.Transient("errors.export.disk_full"),
            AmazonServiceException { StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests } => SyncFailure.Transient("errors.export.storage_failed"),
            AmazonServiceException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } => SyncFailure.Permanent("errors.export.storage_refused"),
            AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException => SyncFailure.Transient("errors.export.storage_failed"),
            _ => StorageFailures.Of(exception),
        };
    }
}
