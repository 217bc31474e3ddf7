using System.Security.Cryptography;
using System.Text;
using DataSync.Tests.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Tests.Platform.Authentication;

/// <summary>Tokens of an OpenID Connect issuer that this test runs itself.</summary>
public sealed class AuthorityTests : IAsyncLifetime
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ApiHost _host = new();
    private WebApplication _issuer = null!;

    private string Issuer => _issuer.Urls.Single();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _issuer = builder.Build();
        _issuer.MapGet("/.well-known/openid-configuration", () => new { issuer = Issuer, jwks_uri = $"{Issuer}/keys" });
        _issuer.MapGet("/keys", () => new { keys = new object[] { Rsa(), Ec() } });
        await _issuer.StartAsync();
        await _host.With("DATASYNC_JWT_DEVELOPMENT_KEY", null).With("DATASYNC_JWT_AUTHORITY", Issuer).InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
    }

    [Fact]
    public async Task Tokens_of_the_issuer_are_accepted_by_their_asymmetric_signature_alone()
    {
        var payload = TestTokens.Payload(_host.Time.GetUtcNow()).Replace("datasync-development", Issuer, StringComparison.Ordinal);
        byte[] Rs256(byte[] t) => _rsa.SignData(t, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] Ps256(byte[] t) => _rsa.SignData(t, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);

        Assert.Equal(200, await StatusAsync(TestTokens.Sign(payload, Header("RS256", "r"), Rs256)));
        Assert.Equal(200, await StatusAsync(TestTokens.Sign(payload, Header("PS256", "r"), Ps256)));
        Assert.Equal(200, await StatusAsync(TestTokens.Sign(payload, Header("ES256", "e"), t => _ec.SignData(t, HashAlgorithmName.SHA256))));

        // the public key, in every spelling an attacker knows it by, as the secret of an HMAC
        foreach (var key in new[] { _rsa.ExportSubjectPublicKeyInfo(), _rsa.ExportRSAPublicKey(), Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), _rsa.ExportParameters(false).Modulus! })
            Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("HS256", "r"), key)));
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("HS256", "r"))));
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("none", "r"), _ => [])));
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("ES256", "r"), Rs256)));
        using var stranger = RSA.Create(2048);
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("RS256", "r"), t => stranger.SignData(t, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))));
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(payload, Header("RS256", "unknown"), t => stranger.SignData(t, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))));
        Assert.Equal(401, await StatusAsync(TestTokens.Sign(TestTokens.Payload(_host.Time.GetUtcNow()), Header("RS256", "r"), Rs256)));
    }

    private async Task<int> StatusAsync(string token) => (await _host.GetAsync("/api/samples/who/am/i", token)).Status;

    private static string Header(string algorithm, string key) => $$"""{"alg":"{{algorithm}}","typ":"at+jwt","kid":"{{key}}"}""";

    private object Rsa()
    {
        var key = _rsa.ExportParameters(false);
        return new { kty = "RSA", use = "sig", kid = "r", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) };
    }

    private object Ec()
    {
        var key = _ec.ExportParameters(false);
        return new { kty = "EC", use = "sig", kid = "e", crv = "P-256", x = Base64UrlEncoder.Encode(key.Q.X), y = Base64UrlEncoder.Encode(key.Q.Y) };
    }
}
