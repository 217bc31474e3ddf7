using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// The one way of HTTP to where a tenant points: every connection, also the one after a redirect, is dialled here, to an address that was resolved once and
/// vetted. No proxy, no cookies, no redirects by itself, and no trace headers: those would tell a stranger of ours.
/// </summary>
internal static class EgressHandler
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A handler with connections of its own.</summary>
    /// <param name="egress">Judges every address.</param>
    /// <param name="tls">What TLS asks for; the name asked for is each request's host.</param>
    public static SocketsHttpHandler Create(EgressPolicy egress, SslClientAuthenticationOptions tls) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        Credentials = null,
        PreAuthenticate = false,
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(500),
        ConnectCallback = (context, ct) => ConnectAsync(egress, context.DnsEndPoint, ct),
        SslOptions = tls,
    };

    /// <summary>The first of the vetted addresses that answers.</summary>
    private static async ValueTask<Stream> ConnectAsync(EgressPolicy egress, DnsEndPoint to, CancellationToken ct)
    {
        // an IPv6 literal comes in brackets
        var vetted = await egress.VetAsync(to.Host.Trim('[', ']'), to.Port, ct);
        for (var i = 0; ; i++)
        {
            var socket = new Socket(vetted[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
            timeout.CancelAfter(ConnectTimeout);
            try
            {
                await socket.ConnectAsync(vetted[i], to.Port, timeout.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
            {
                socket.Dispose();
                if (i == vetted.Count - 1)
                    throw new SyncFailureException(SyncFailure.Transient("errors.connection.timeout", ("host", to.Host), ("port", to.Port)), e);
            }
            catch (SocketException) when (i < vetted.Count - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
