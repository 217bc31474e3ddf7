using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Alerts.Channels;

/// <summary>Posts JSON to a receiver through the egress guard: TLS 1.3, of hosts that the operator excepts 1.2 or none; no redirects, and nothing of the answer but its status is read.</summary>
internal sealed class ReceiverPost(EgressPolicy egress, AlertOptions options, TimeProvider time) : IDisposable
{
    private readonly EgressPools _pools = new(egress, time);

    /// <summary>Returns where the receiver answered 2xx. 410 says that nobody is there any more; every other answer may be another one later.</summary>
    public async Task PostAsync(string target, byte[] body, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken ct)
    {
        var url = new Uri(target);
        var excepted = options.IsTlsException(url.IdnHost);
        if (url.Scheme != Uri.UriSchemeHttps && !excepted) throw EgressErrors.WithoutTls(url);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "DataSync");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        await _pools.SendAsync(request, excepted, options.Patience, (response, _) => Task.FromResult(response.IsSuccessStatusCode ? true : throw Refused(response)), ct);
    }

    public void Dispose() => _pools.Dispose();

    private SyncFailureException Refused(HttpResponseMessage response)
    {
        var failure = SyncFailure.Transient("errors.alert.refused", ("status", ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture))) with { RetryAfter = RetryAfter.Of(response, time) };
        return new SyncFailureException(response.StatusCode == HttpStatusCode.Gone ? failure with { Kind = FailureKind.Permanent } : failure);
    }
}
