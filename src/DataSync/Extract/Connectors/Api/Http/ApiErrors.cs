using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>Turns what HTTP throws into the closed set of failures. What it says itself stays in the inner exception, for the log.</summary>
internal static class ApiErrors
{
    public static SyncFailureException Map(Exception e, Uri url)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SyncFailureException known:
                    return known;
                case AuthenticationException:
                    return Of(FailureKind.Permanent, "errors.connection.tls", url, e);
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return Of(FailureKind.Transient, "errors.connection.refused", url, e);
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return Of(FailureKind.Transient, "errors.connection.timeout", url, e);
                case SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.AddressNotAvailable }:
                    return Of(FailureKind.Transient, "errors.connection.unreachable", url, e);
                case InvalidDataException:
                    return Body(url, "gzip", inner);
            }
        }

        return e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            ? Of(FailureKind.Permanent, "errors.connection.tls", url, e)
            : Of(FailureKind.Transient, "errors.connection.lost", url, e);
    }

    public static SyncFailureException Timeout(Uri url, Exception? inner) => Of(FailureKind.Transient, "errors.connection.timeout", url, inner);

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

    /// <summary>A body that is not what it should be. It may have been cut off on its way, so it is asked for again.</summary>
    public static SyncFailureException Body(Uri url, string format, Exception? inner)
        => new(SyncFailure.Transient("errors.api.body", ("host", url.IdnHost), ("format", format)), inner);

    private static SyncFailureException Of(FailureKind kind, string key, Uri url, Exception? inner)
        => new(SyncFailure.Permanent(key, ("host", url.IdnHost), ("port", url.Port)) with { Kind = kind }, inner);
}
