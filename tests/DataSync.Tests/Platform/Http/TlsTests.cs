using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DataSync.Tests.Platform.Http;

/// <summary>HTTPS by configuration alone, as <c>deploy/kubernetes/api.yaml</c> sets it: a certificate and a key in files.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-tls-").FullName;
    private readonly ApiHost _host = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var (crt, pem) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"));
        await File.WriteAllTextAsync(crt, certificate.ExportCertificatePem(), Ct);
        await File.WriteAllTextAsync(pem, key.ExportPkcs8PrivateKeyPem(), Ct);
        await _host.With("urls", "https://127.0.0.1:0").With("Kestrel:Certificates:Default:Path", crt).With("Kestrel:Certificates:Default:KeyPath", pem).InitializeAsync();
    }

    [Fact]
    public async Task TLS_1_3_is_spoken() => Assert.Equal(SslProtocols.Tls13, await AgreeAsync(SslProtocols.Tls13));

    [Fact]
    public async Task TLS_1_2_is_refused()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => AgreeAsync(SslProtocols.Tls12));
        Assert.True(refused is AuthenticationException or IOException, refused.ToString());
    }

    [Fact]
    public async Task Plain_HTTP_gets_no_answer_of_ours()
        => Assert.DoesNotContain("HTTP/1.1 200", await _host.RawAsync("GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", hangUp: true), StringComparison.Ordinal);

    [Fact]
    public async Task Browser_is_told_to_come_by_HTTPS_alone_from_then_on()
    {
#pragma warning disable CA5359 // a certificate of the test's own: what is asked here is the header
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
#pragma warning restore CA5359
        using var client = new HttpClient(handler) { BaseAddress = _host.Client.BaseAddress };
        using var answer = await client.GetAsync("/health/live", Ct);
        Assert.Equal((HttpStatusCode.OK, "max-age=31536000"), (answer.StatusCode, Assert.Single(answer.Headers.GetValues("Strict-Transport-Security"))));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<SslProtocols> AgreeAsync(SslProtocols version)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _host.Client.BaseAddress!.Port, Ct);
#pragma warning disable CA5359 // a certificate of the test's own: what is asked here is the version
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
#pragma warning disable RS0030 // our own server's certificate, which the test made
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version }, Ct);
#pragma warning restore RS0030
        return tls.SslProtocol;
    }
}
