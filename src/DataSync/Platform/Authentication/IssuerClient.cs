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

    /// <summary>The issuer's description and its keys. Throws whatever HTTP and JSON throw.</summary>
    public Task<OpenIdConnectConfiguration> FetchAsync(CancellationToken ct) => OpenIdConnectConfigurationRetriever.GetAsync(_address, _documents, ct);

    public void Dispose() => _http.Dispose();
}
