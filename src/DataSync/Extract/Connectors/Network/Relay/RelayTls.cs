using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DataSync.Extract.Connectors.Network.Relay;

/// <summary>TLS between a driver and a relay of ours. Both are this process, so both know its one certificate, and nobody else has its key.</summary>
internal static class RelayTls
{
    private static readonly Lazy<X509Certificate2> Own = new(Make);

    /// <summary>This process' own; it names nobody, and no place to fetch anything from.</summary>
    public static X509Certificate2 Certificate => Own.Value;

    /// <summary>True for that certificate; a driver's validation callback.</summary>
    public static bool IsOwn(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) => shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(Own.Value.RawDataMemory.Span);

    /// <summary>Answers a driver.</summary>
    /// <param name="driver">What it dialled; it is ended with what is returned.</param>
    /// <param name="version">Of TLS.</param>
    /// <param name="mustShow">Whether the driver has to show the certificate too, so that nobody else of this machine is let through.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="AuthenticationException">It is not ours.</exception>
    public static async Task<SslStream> AnswerAsync(Stream driver, SslProtocols version, bool mustShow, CancellationToken ct)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificate = Certificate, EnabledSslProtocols = version, ClientCertificateRequired = mustShow };
        if (mustShow) (options.RemoteCertificateValidationCallback, options.CertificateChainPolicy) = (IsOwn, new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck });
        var secured = new SslStream(driver);
        try
        {
            await secured.AuthenticateAsServerAsync(options, ct);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=datasync", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
