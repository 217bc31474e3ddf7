using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// Connections to Label Studio, every one through the egress guard: over TLS 1.3, of hosts that the operator excepts over 1.2 too. A connection knows nothing of who
/// asked before. Redirects are not followed: they would carry a key elsewhere.
/// </summary>
internal sealed class LabelStudioPools(EgressPolicy egress, IOptions<LabelStudioOptions> options, TimeProvider time) : IDisposable
{
    private readonly EgressPools _pools = new(egress, time);

    /// <summary>The whole answer, its body read. Fails transiently where it does not come in time: whether the server did what it was asked is then not known.</summary>
    public async Task<LabelStudioAnswer> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        var url = request.RequestUri!;
        var excepted = options.Value.IsTlsException(url);
        if (url.Scheme == Uri.UriSchemeHttp && !excepted && !IsOperators(url)) throw EgressErrors.WithoutTls(url);
        return await _pools.SendAsync(request, excepted, TimeSpan.FromSeconds(options.Value.TimeoutSeconds), (response, both) => LabelStudioAnswer.ReadAsync(response, url, time, both), ct);
    }

    public void Dispose() => _pools.Dispose();

    private bool IsOperators(Uri url) => LabelStudioServer.TryReadUrl(options.Value.Url, out var own) && Uri.Compare(own, url, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}
