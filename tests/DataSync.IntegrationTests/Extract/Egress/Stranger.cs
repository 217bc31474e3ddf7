using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>
/// A server at an address of its own, which agrees on TLS as each kind of server does, with a certificate that says of itself where its issuer's is to be fetched. It says nothing
/// after that.
/// </summary>
internal sealed class Stranger : IAsyncDisposable
{
    public const string Address = "127.0.0.9";
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch, To = DateTimeOffset.UnixEpoch.AddYears(200);

    private readonly string _kind;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection? _intermediates;
    private readonly TcpListener _listener = new(IPAddress.Parse(Address), 0);
    private readonly CancellationTokenSource _end = new();
    private int _shown;

    /// <summary>Listens.</summary>
    /// <param name="kind">The driver that it is for; any other word for TLS from the first byte on.</param>
    /// <param name="certificate">Its own.</param>
    /// <param name="intermediates">Sent beside it.</param>
    public Stranger(string kind, X509Certificate2 certificate, X509Certificate2Collection? intermediates = null)
    {
        (_kind, _certificate, _intermediates) = (kind, certificate, intermediates);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Clients that answered its certificate, by going on or by refusing it.</summary>
    public int Shown => _shown;

    /// <summary>Agrees on TLS with whoever comes, and never says another word: neither a login nor an end.</summary>
    public bool Hangs { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
    }

    /// <summary>A certificate with its key, from an authority that nobody knows; what its issuer's is, and who was revoked, is to be had at a place.</summary>
    public static X509Certificate2 Certificate(string place, bool isExpired = false)
    {
        using var authority = Authority("CN=Nobody knows this one");
        return Issue("CN=stranger", authority, place, isExpired ? From.AddYears(1) : To);
    }

    /// <summary>A certificate from an intermediate of an authority, which whoever gets all of it can follow.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2 Intermediate, string Authority) Chain(string place)
    {
        using var root = Authority("CN=A root for tests");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest("CN=An intermediate for tests", key, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var bare = asked.Create(root, From, To, RandomNumberGenerator.GetBytes(8));
        var intermediate = bare.CopyWithPrivateKey(key);
        return (Issue("CN=stranger", intermediate, place, To), intermediate, root.ExportCertificatePem());
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return asked.CreateSelfSigned(From, To);
    }

    private static X509Certificate2 Issue(string name, X509Certificate2 issuer, string place, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(Address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([place], [place]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([place]));
        using var bare = request.Create(issuer, From, to, RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var held = client;
        var stream = client.GetStream();
        try
        {
            await IntroduceAsync(stream);
            await using var tls = new SslStream(stream);
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, _intermediates, offline: true),
                ClientCertificateRequired = true,
#pragma warning disable CA5359 // whom it serves does not matter: what is asked is what its own certificate brings about
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
                CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
                ApplicationProtocols = _kind == "sqlserver" ? [new SslApplicationProtocol("tds/8.0")] : null,
            };
            try
            {
                await tls.AuthenticateAsServerAsync(options, _end.Token);
            }
            finally
            {
                Interlocked.Increment(ref _shown);
            }

            if (Hangs) await Task.Delay(Timeout.Infinite, _end.Token);
            var room = new byte[1024];
            _ = await tls.ReadAsync(room, _end.Token);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            // the client does not want it
        }
    }

    /// <summary>What some say before TLS.</summary>
    private async Task IntroduceAsync(NetworkStream stream)
    {
        var room = new byte[64];
        switch (_kind)
        {
            case "postgresql":
                await stream.ReadExactlyAsync(room.AsMemory(0, 8), _end.Token);
                await stream.WriteAsync("S"u8.ToArray(), _end.Token);
                break;
            case "mysql":
                await stream.WriteAsync(FalseMySql.GreetingWithTls(), _end.Token);
                await stream.ReadExactlyAsync(room.AsMemory(0, 36), _end.Token);
                break;
            case "smtp":
                await stream.WriteAsync("220 stranger\r\n"u8.ToArray(), _end.Token);
                _ = await stream.ReadAsync(room, _end.Token);
                await stream.WriteAsync("250-stranger\r\n250 STARTTLS\r\n"u8.ToArray(), _end.Token);
                _ = await stream.ReadAsync(room, _end.Token);
                await stream.WriteAsync("220 go on\r\n"u8.ToArray(), _end.Token);
                break;
        }
    }
}
