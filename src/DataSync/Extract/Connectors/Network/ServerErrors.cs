using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Network;

/// <summary>What breaks between us and a server, whatever its driver wraps it in.</summary>
internal static class ServerErrors
{
    /// <summary>The failure that lies beneath; null while opening where nothing beneath tells.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="source">Whose host the message names.</param>
    /// <param name="opening">True while no session exists yet.</param>
    public static SyncFailure? Of(Exception e, ServerParameters source, bool opening)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SyncFailureException known:
                    return known.Failure;
                case AuthenticationException:
                    return SyncFailure.Permanent("errors.connection.tls", ("host", source.Host), ("port", source.Port));
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return Transient("errors.connection.refused", source);
                case TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.OperationAborted }:
                    return Transient("errors.connection.timeout", source);
                case SocketException when opening:
                    return Transient("errors.connection.unreachable", source);
                case IOException or SocketException:
                    return Transient("errors.connection.lost", source);
            }
        }

        return opening ? null : Transient("errors.connection.lost", source);
    }

    /// <summary>
    /// Drivers trust that their server keeps to the protocol. Where one does not, they take lengths for memory and codes for bugs of their own, and what they throw
    /// then tells by nothing but its place that the server is to blame.
    /// </summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="readers">Namespaces and types in which the driver reads what its server sends.</param>
    public static bool IsGarbled(Exception e, params ReadOnlySpan<string> readers)
        => e is InvalidOperationException or ArgumentException or ArithmeticException or FormatException or NotSupportedException or OutOfMemoryException or IndexOutOfRangeException or InvalidCastException
            && e.StackTrace is { } trace && IsIn(trace, readers);

    private static bool IsIn(string trace, ReadOnlySpan<string> readers)
    {
        foreach (var reader in readers)
        {
            if (trace.Contains($" {reader}.", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private static SyncFailure Transient(string key, ServerParameters source) => SyncFailure.Transient(key, ("host", source.Host), ("port", source.Port));
}
