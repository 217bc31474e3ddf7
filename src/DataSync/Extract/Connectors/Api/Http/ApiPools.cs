using System.Security.Authentication;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>
/// Connections kept for the next request. Sources that ask nothing special of TLS share them: such a connection knows nothing of who asked before. One with
/// authorities, a version or a certificate of a source's own serves that source alone.
/// </summary>
internal sealed class ApiPools(EgressPolicy egress, TimeProvider time) : IDisposable
{
    private const int Most = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly HttpMessageInvoker _shared = new(EgressHandler.Create(egress, EgressTls.Options(SslProtocols.Tls13)));
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pool> _own = new(StringComparer.Ordinal);

    /// <summary>Sends to a host. Fails with <c>errors.connection.client_certificate</c> where the source's certificate and key do not fit.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string host, ApiTls? tls, CancellationToken ct)
    {
        if (tls is null) return await _shared.SendAsync(request, ct);
        var pool = Take(host, tls);
        try
        {
            return await pool.Invoker.SendAsync(request, ct);
        }
        finally
        {
            lock (_gate) (pool.Users, pool.Since) = (pool.Users - 1, time.GetTimestamp());
        }
    }

    public void Dispose()
    {
        _shared.Dispose();
        lock (_gate)
        {
            foreach (var pool in _own.Values) pool.Invoker.Dispose();
            _own.Clear();
        }
    }

    private Pool Take(string host, ApiTls tls)
    {
        var key = $"{tls.Digest} {host}";
        lock (_gate)
        {
            Trim();
            if (!_own.TryGetValue(key, out var pool))
            {
                var asked = EgressTls.Options();
                ApiTls.For(tls, host).Apply(asked);
                _own.Add(key, pool = new Pool(new HttpMessageInvoker(EgressHandler.Create(egress, asked))));
            }

            pool.Users++;
            return pool;
        }
    }

    /// <summary>Ends what nobody used for a while, and the longest unused where there are many. An answer still being read keeps its connection until its end.</summary>
    private void Trim()
    {
        foreach (var (key, pool) in _own.Where(p => p.Value.Users == 0).OrderBy(p => p.Value.Since).ToList())
        {
            if (_own.Count < Most && time.GetElapsedTime(pool.Since) < Patience) return;
            _own.Remove(key);
            pool.Invoker.Dispose();
        }
    }

    private sealed class Pool(HttpMessageInvoker invoker)
    {
        public HttpMessageInvoker Invoker { get; } = invoker;

        /// <summary>Requests whose answer's head is still to come.</summary>
        public int Users { get; set; }

        /// <summary>When the last of them was sent.</summary>
        public long Since { get; set; }
    }
}
