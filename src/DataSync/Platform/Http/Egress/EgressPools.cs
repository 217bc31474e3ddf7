using System.Net;
using System.Security.Authentication;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// Connections through the egress guard to hosts that are named by tenants or operators: over TLS 1.3, of hosts that the operator excepts over 1.2 too. Redirects are not followed.
/// </summary>
internal sealed class EgressPools(EgressPolicy egress, TimeProvider time) : IDisposable
{
    private readonly HttpMessageInvoker _strict = new(EgressHandler.Create(egress, EgressTls.Options(SslProtocols.Tls13)));
    private readonly HttpMessageInvoker _excepted = new(EgressHandler.Create(egress, EgressTls.Options(SslProtocols.Tls12 | SslProtocols.Tls13)));

    /// <summary>Sends a request and reads what is wanted of its answer. Fails with a word of <see cref="EgressErrors"/>.</summary>
    /// <param name="request">By HTTP/2 where the server can.</param>
    /// <param name="excepted">Whether the operator excepts the host from TLS 1.3.</param>
    /// <param name="patience">How long it may take, the reading included.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="ct">The caller's patience.</param>
    public async Task<T> SendAsync<T>(HttpRequestMessage request, bool excepted, TimeSpan patience, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        var url = request.RequestUri!;
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            using var response = await (excepted ? _excepted : _strict).SendAsync(request, both.Token);
            return await read(response, both.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw EgressErrors.Timeout(url, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or AuthenticationException)
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
}
