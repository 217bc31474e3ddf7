using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// Connections to Label Studio, every one through the egress guard: over TLS 1.3, of hosts that the operator excepts over 1.2 too. A connection knows nothing of who
/// asked before. Redirects are not followed: they would carry a key elsewhere.
/// </summary>
internal sealed class LabelStudioPools(EgressPolicy egress, IOptions<LabelStudioOptions> options, TimeProvider time) : IDisposable
{
    private readonly HttpMessageInvoker _strict = new(EgressHandler.Create(egress, new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls13 }));
    private readonly HttpMessageInvoker _excepted = new(EgressHandler.Create(egress, new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }));

    /// <summary>The whole answer, its body read. Fails transiently where it does not come in time: whether the server did what it was asked is then not known.</summary>
    public async Task<LabelStudioAnswer> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        var url = request.RequestUri!;
        var excepted = options.Value.IsTlsException(url);
        if (url.Scheme == Uri.UriSchemeHttp && !excepted && !IsOperators(url)) throw EgressErrors.WithoutTls(url);
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.TimeoutSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            using var response = await (excepted ? _excepted : _strict).SendAsync(request, both.Token);
            return await LabelStudioAnswer.ReadAsync(response, url, time, both.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw EgressErrors.Timeout(url, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or AuthenticationException)
        {
            ct.ThrowIfCancellationRequested();
            throw EgressErrors.Map(e, url);
        }
    }

    public void Dispose()
    {
        _strict.Dispose();
        _excepted.Dispose();
    }

    private bool IsOperators(Uri url) => LabelStudioServer.TryReadUrl(options.Value.Url, out var own) && Uri.Compare(own, url, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}
