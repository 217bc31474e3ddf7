using System.Text.Json;
using DataSync.Platform.Http.Egress;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace DataSync.Platform.Authentication;

/// <summary>Asks the issuer that the operator named. Its address is the operator's, not a tenant's, so it may be inside.</summary>
internal sealed class IssuerClient : IDisposable
{
    private const long MostBytes = 1024 * 1024;

    private readonly HttpClient _http;
    private readonly HttpDocumentRetriever _documents;
    private readonly string _address;

    public IssuerClient(string authority)
    {
        // a redirect would let whoever can write on one page of the issuer's choose the keys
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), SslOptions = EgressTls.Options() }) { MaxResponseContentBufferSize = MostBytes };
        _documents = new HttpDocumentRetriever(_http) { RequireHttps = authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase) };
        _address = authority.TrimEnd('/') + "/.well-known/openid-configuration";
    }

    /// <summary>The issuer's description and its keys. Throws whatever HTTP and JSON throw, and where there are no keys but for another reason than that the list is empty.</summary>
    public async Task<OpenIdConnectConfiguration> FetchAsync(CancellationToken ct)
    {
        var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(_address, _documents, ct);
        if (configuration.SigningKeys.Count == 0 && !await IsEmptyAsync(configuration.JwksUri, ct)) throw new InvalidDataException("The issuer publishes no list of keys, or none that can be used.");
        return configuration;
    }

    /// <summary>The library makes an empty list of any JSON; a list that is there and empty says something, a page of an error says nothing.</summary>
    private async Task<bool> IsEmptyAsync(string? address, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(address)) return false;
        var published = JsonElement.Parse(await _documents.GetDocumentAsync(address, ct));
        return published.ValueKind == JsonValueKind.Object && published.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array && keys.GetArrayLength() == 0;
    }

    public void Dispose() => _http.Dispose();
}
