using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// The one way of HTTP to where a tenant points: every connection, also the one after a redirect, is dialled here, to an address that was resolved once and
/// vetted. No proxy, no cookies, no redirects by itself, and no trace headers: those would tell a stranger of ours.
/// </summary>
internal static class EgressHandler
{
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

    /// <summary>An IPv6 literal comes in brackets.</summary>
    private static async ValueTask<Stream> ConnectAsync(EgressPolicy egress, DnsEndPoint to, CancellationToken ct)
        => new NetworkStream(await EgressDial.ConnectAsync(egress, to.Host.Trim('[', ']'), to.Port, ct), ownsSocket: true);
}
