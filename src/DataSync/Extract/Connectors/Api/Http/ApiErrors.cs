using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>Turns what HTTP throws into the closed set of failures. What it says itself stays in the inner exception, for the log.</summary>
internal static class ApiErrors
{
    public static SyncFailureException Map(Exception e, Uri url)
    {
        for (var inner = e; inner is not null and not SyncFailureException; inner = inner.InnerException)
        {
            if (inner is InvalidDataException) return Body(url, "gzip", inner);
        }

        return EgressErrors.Map(e, url);
    }

    public static SyncFailureException Timeout(Uri url, Exception? inner) => EgressErrors.Timeout(url, inner);

    /// <summary>An answer that says it failed.</summary>
    public static SyncFailureException Status(FailureKind kind, Uri url, int status, TimeSpan? retryAfter = null)
    {
        var key = status switch
        {
            401 or 403 when kind == FailureKind.Permanent => "errors.api.authentication",
            429 => "errors.api.rate_limited",
            _ => "errors.api.status",
        };
        return new SyncFailureException(SyncFailure.Permanent(key, ("host", url.IdnHost), ("status", status)) with { Kind = kind, RetryAfter = retryAfter });
    }

    /// <summary>A wait that the source wishes for, by its status or by a rule of its own, and that would last too long.</summary>
    public static SyncFailureException RateLimited(Uri url, int status, TimeSpan wait)
        => new(SyncFailure.Transient("errors.api.rate_limited", ("host", url.IdnHost), ("status", status)) with { RetryAfter = wait });

    /// <summary>A body that is not what it should be. It may have been cut off on its way, so it is asked for again.</summary>
    public static SyncFailureException Body(Uri url, string format, Exception? inner)
        => new(SyncFailure.Transient("errors.api.body", ("host", url.IdnHost), ("format", format)), inner);
}
