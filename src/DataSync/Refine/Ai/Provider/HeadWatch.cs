using System.Net;
using System.Net.Http.Headers;

namespace DataSync.Refine.Ai.Provider;

/// <summary>Sees the head of each answer, which the client's library shows only sometimes, and gives each request the key of its call.</summary>
internal sealed class HeadWatch(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly AsyncLocal<Call?> Current = new();

    /// <summary>What is sent in this flow, until disposed, belongs to a call.</summary>
    /// <param name="key">The call's idempotency key.</param>
    /// <param name="told">Called with the head of its answer.</param>
    public static IDisposable Watch(string key, Action<HttpStatusCode, HttpResponseHeaders> told) => Current.Value = new Call(key, told);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = Current.Value;
        if (call is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", call.Key);
        var response = await base.SendAsync(request, cancellationToken);
        call?.Told(response.StatusCode, response.Headers);
        return response;
    }

    private sealed record Call(string Key, Action<HttpStatusCode, HttpResponseHeaders> Told) : IDisposable
    {
        public void Dispose() => Current.Value = null;
    }
}
