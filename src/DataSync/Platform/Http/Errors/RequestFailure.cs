using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Http.Errors;

/// <summary>Failures that many endpoints answer with. Throw one as a <see cref="SyncFailureException"/>, or return it by <see cref="Problem"/>.</summary>
internal static class RequestFailure
{
    /// <summary>The request is understood and wrong in one or more members.</summary>
    public static SyncFailure Invalid { get; } = SyncFailure.Permanent("errors.request.invalid");

    /// <summary>Absent, or another tenant's: the two look the same.</summary>
    public static SyncFailure NotFound { get; } = SyncFailure.Permanent("errors.request.not_found");

    /// <summary>The failure for a status that was set by the framework.</summary>
    public static SyncFailure ForStatus(int status) => SyncFailure.Permanent(status switch
    {
        401 => "errors.token.missing",
        403 => "errors.scope.missing",
        404 => "errors.request.not_found",
        405 => "errors.request.method",
        406 => "errors.request.not_acceptable",
        408 => "errors.request.timeout",
        413 => "errors.request.too_large",
        415 => "errors.request.media_type",
        429 => "errors.request.too_many",
        431 => "errors.request.headers_too_large",
        503 => "errors.service.unavailable",
        >= 500 => ErrorCatalogue.InternalKey,
        _ => "errors.request.malformed",
    });
}
