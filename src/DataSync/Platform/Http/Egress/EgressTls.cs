using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// How a stranger's certificate is looked at. Before anybody judges it, .NET builds its chain, and fetches what is missing, or who was revoked, from where the certificate itself says: a
/// server's words would decide where this process connects, past the guard. So nothing is fetched, and a server has to send its intermediates.
/// </summary>
internal static class EgressTls
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>What a TLS session asks for: these versions, and a chain from what the server sends and the machine has.</summary>
    public static SslClientAuthenticationOptions Options(SslProtocols versions = SslProtocols.None)
    {
#pragma warning disable RS0030 // the one place that makes them
        var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = versions };
#pragma warning restore RS0030
        Apply(tls);
        return tls;
    }

    /// <summary>The same for options that somebody else made.</summary>
    public static void Apply(SslClientAuthenticationOptions tls) => tls.CertificateChainPolicy = Policy();

    /// <summary>A chain of a server that nothing is fetched for. A policy of one's own stands for all that .NET would set, the purpose too.</summary>
    public static X509ChainPolicy Policy() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
        ApplicationPolicy = { new Oid(ServerAuthentication) },
    };
}
