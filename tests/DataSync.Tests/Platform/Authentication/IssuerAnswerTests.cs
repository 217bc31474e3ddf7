using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Tests.Platform.Authentication;

/// <summary>What becomes of tokens when their issuer answers, and names no keys.</summary>
public sealed class IssuerAnswerTests : IAsyncLifetime
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ApiHost _host = new();
    private WebApplication _issuer = null!;
    private string _keys = "", _description = "";

    private string Issuer => _issuer.Urls.Single();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _issuer = builder.Build();
        _issuer.MapGet("/.well-known/openid-configuration", () => Results.Text(_description, "application/json"));
        _issuer.MapGet("/keys", () => Results.Text(_keys, "application/json"));
        await _issuer.StartAsync();
        (_description, _keys) = (Description(), Published());
        await _host.With("DATASYNC_JWT_DEVELOPMENT_KEY", null).With("DATASYNC_JWT_AUTHORITY", Issuer).InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
        _rsa.Dispose();
    }

    [Fact]
    public async Task Empty_list_of_keys_takes_all_back_and_what_is_no_list_takes_none()
    {
        Assert.Equal(200, await StatusAsync());
        foreach (var broken in (string[])["{}", """{"keys":null}""", """{"error":"maintenance"}""", "[]"])
        {
            _keys = broken;
            _host.Time.Advance((IssuerKeys.Fresh * 2) + TimeSpan.FromSeconds(1));
            Assert.Equal((broken, 200), (broken, await StatusAsync()));
        }

        _description = JsonSerializer.Serialize(new { issuer = Issuer });
        _host.Time.Advance((IssuerKeys.Fresh * 2) + TimeSpan.FromSeconds(1));
        Assert.Equal(200, await StatusAsync());

        (_description, _keys) = (Description(), """{"keys":[]}""");
        _host.Time.Advance((IssuerKeys.Fresh * 2) + TimeSpan.FromSeconds(1));
        Assert.Equal(401, await StatusAsync());
        Assert.Contains(_host.Log.Lines, line => line.EventId == 2025);

        // with the key published again, the first token that names it has the list asked for
        _keys = Published();
        _host.Time.Advance(IssuerKeys.Pause);
        Assert.Equal(200, await StatusAsync());
    }

    private async Task<int> StatusAsync()
    {
        var payload = TestTokens.Payload(_host.Time.GetUtcNow()).Replace("datasync-development", Issuer, StringComparison.Ordinal);
        var token = TestTokens.Sign(payload, """{"alg":"RS256","typ":"at+jwt","kid":"r"}""", t => _rsa.SignData(t, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return (await _host.GetAsync("/api/samples/who/am/i", token)).Status;
    }

    private string Description() => JsonSerializer.Serialize(new { issuer = Issuer, jwks_uri = $"{Issuer}/keys" });

    private string Published()
    {
        var key = _rsa.ExportParameters(false);
        return JsonSerializer.Serialize(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "r", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) } } });
    }
}
