using System.Net;
using System.Security.Authentication;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>Sends requests and follows redirects, each through the egress guard, over TLS 1.3 unless the source asks for something else and the operator allows it.</summary>
internal sealed class ApiGate(EgressPolicy egress, ExtractOptions options, TimeSpan responseTimeout, TimeProvider time) : IDisposable
{
    private const int MostRedirects = 5;
    private readonly ApiPools _pools = new(egress, time);

    /// <summary>The answer's head; the body is still to come.</summary>
    /// <param name="url">Where to begin.</param>
    /// <param name="tls">What the source asks of TLS at that origin; null for nothing.</param>
    /// <param name="make">Makes a request; told whether it goes to the origin that the credentials belong to.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<HttpResponseMessage> SendAsync(Uri url, ApiTls? tls, Func<Uri, bool, HttpRequestMessage> make, CancellationToken ct)
    {
        var at = url;
        for (var redirects = 0; ; redirects++)
        {
            var own = UrlQuery.IsSameOrigin(url, at);
            var response = await SendOnceAsync(make(at, own), at, own ? tls : null, ct);
            if (Target(response, at) is not { } target) return response;
            response.Dispose();
            if (redirects == MostRedirects || !IsAllowed(target, at))
                throw new SyncFailureException(SyncFailure.Permanent("errors.api.redirect", ("host", at.IdnHost)));
            at = target;
        }
    }

    /// <summary>Sends without following anything. <paramref name="tls"/> counts only where the operator excepts the host.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, Uri url, ApiTls? tls, CancellationToken ct)
    {
        // once more at the time of use: the operator's exceptions may have changed since the source was saved
        if (url.Scheme == Uri.UriSchemeHttp && !IsException(url)) throw new SyncFailureException(SyncFailure.Permanent("errors.connection.tls", ("host", url.IdnHost), ("port", url.Port)));
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        using var limit = new CancellationTokenSource(responseTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            using (request) return await _pools.SendAsync(request, url.IdnHost.Trim('[', ']'), IsException(url) ? tls : null, both.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw ApiErrors.Timeout(url, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SyncFailureException or AuthenticationException)
        {
            ct.ThrowIfCancellationRequested();
            throw ApiErrors.Map(e, url);
        }
    }

    public void Dispose() => _pools.Dispose();

    private bool IsException(Uri url) => options.IsTlsException(url.IdnHost.Trim('[', ']'));

    private static Uri? Target(HttpResponseMessage response, Uri at)
        => (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location && Uri.TryCreate(at, location, out var target) ? target : null;

    /// <summary>Never to another scheme, never from TLS into the clear.</summary>
    private static bool IsAllowed(Uri target, Uri from)
        => (target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp)) && target.UserInfo.Length == 0;
}
