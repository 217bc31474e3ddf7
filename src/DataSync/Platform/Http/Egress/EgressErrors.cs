using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Http.Egress;

/// <summary>Turns what a connection over HTTP throws into the closed set of failures. What it says itself stays in the inner exception, for the log.</summary>
internal static class EgressErrors
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
                    return Timeout(url, e);
                case SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.AddressNotAvailable }:
                    return Of(FailureKind.Transient, "errors.connection.unreachable", url, e);
            }
        }

        return e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            ? Of(FailureKind.Permanent, "errors.connection.tls", url, e)
            : Of(FailureKind.Transient, "errors.connection.lost", url, e);
    }

    public static SyncFailureException Timeout(Uri url, Exception? inner) => Of(FailureKind.Transient, "errors.connection.timeout", url, inner);

    /// <summary>TLS is missing where it must be, or cannot be had.</summary>
    public static SyncFailureException WithoutTls(Uri url) => Of(FailureKind.Permanent, "errors.connection.tls", url, null);

    private static SyncFailureException Of(FailureKind kind, string key, Uri url, Exception? inner)
        => new(SyncFailure.Permanent(key, ("host", url.IdnHost), ("port", url.Port)) with { Kind = kind }, inner);
}
