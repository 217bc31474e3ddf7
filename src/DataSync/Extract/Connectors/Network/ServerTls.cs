using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Network;

/// <summary>
/// What one connection's TLS asks for, judges and finds: versions, authorities, the server's name, a certificate of ours. Every driver is told to let this
/// judge the server's certificate, so that all judge alike.
/// </summary>
internal sealed class ServerTls(string host, TlsMode mode, bool allowsTls12, string? authorities, string? clientCertificate, string? clientKey)
{
    private SslStream? _stream;
    private string? _peer;

    public ServerTls(ServerParameters source) : this(source.Host, source.Tls, source.AllowsTls12, source.Authorities, source.ClientCertificate, source.ClientKey) { }

    /// <summary>The versions offered: 1.3 alone unless the source asked for 1.2 and the operator allowed it.</summary>
    public SslProtocols Protocols => allowsTls12 ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls13;

    /// <summary>The certificate to show, with its chain; null for none. Fails with <c>errors.connection.client_certificate</c>.</summary>
    public X509Certificate2Collection? ClientCertificates()
    {
        if (clientCertificate is null || clientKey is null) return null;
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(clientCertificate);
            using var bare = chain[0];
            using var key = X509Certificate2.CreateFromPem(clientCertificate, clientKey);
            chain[0] = X509CertificateLoader.LoadPkcs12(key.Export(X509ContentType.Pkcs12), null);
            return chain;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.client_certificate"), e);
        }
    }

    /// <summary>Sets what a driver that hands out its own options is to ask for.</summary>
    public void Apply(SslClientAuthenticationOptions tls)
    {
        EgressTls.Apply(tls);
        tls.TargetHost = host;
        tls.EnabledSslProtocols = Protocols;
        tls.RemoteCertificateValidationCallback = Judge;
        if (ClientCertificates() is { } own) tls.ClientCertificateContext = SslStreamCertificateContext.Create(own[0], own, offline: true);
    }

    /// <summary>True once a server's certificate was judged and taken.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Judges the server's certificate; a driver's validation callback.</summary>
    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _stream = sender as SslStream;
        return IsTaken = IsGood(certificate, chain, errors);
    }

    private bool IsGood(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null) return false;
        using var presented = new X509Certificate2(certificate);
        _peer = presented.Subject;
        if (mode == TlsMode.Require) return true;
        if (mode == TlsMode.VerifyFull && !presented.MatchesHostname(host)) return false;
        return authorities is null ? chain is not null && !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) : IsTrusted(presented, chain);
    }

    /// <summary>What was agreed, for a connection test; empty before a handshake.</summary>
    public IReadOnlyDictionary<string, object?> Seen()
    {
        var seen = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (_peer is not null) seen["peer"] = _peer;
        if (_stream is null) return seen;
        try
        {
            seen["tls_version"] = Name(_stream.SslProtocol);
        }
        catch (ObjectDisposedException)
        {
            // the session ended before anybody looked
        }

        return seen;
    }

    /// <summary>A version as people write it, such as <c>1.3</c>.</summary>
    public static string Name(SslProtocols version) => version switch
    {
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        _ => "none",
    };

    /// <summary>Against the source's own authorities and no others.</summary>
    private bool IsTrusted(X509Certificate2 presented, X509Chain? sent)
    {
        using var chain = new X509Chain { ChainPolicy = EgressTls.Policy() };
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authorities);
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>()) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        return chain.Build(presented);
    }
}
