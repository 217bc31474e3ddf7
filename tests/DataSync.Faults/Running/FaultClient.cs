using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace DataSync.Faults.Running;

/// <summary>A customer's client as it should be: it sends again, with the same key, what got no answer or a server's error.</summary>
internal sealed class FaultClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly HttpClient _client;

    public FaultClient(Uri address, string token)
    {
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Answers that were none or a server's error, and made us send again.</summary>
    public int Repeated { get; private set; }

    public async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri("/health/ready", UriKind.Relative), ct);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public Task RegisterAsync(object source, CancellationToken ct) => SendAsync(HttpMethod.Post, "/api/sources", source, key: null, HttpStatusCode.Created, ct);

    /// <summary>Starts a sync: once, however often it has to be sent. Returns the id in the 202.</summary>
    public async Task<Guid> StartAsync(object start, CancellationToken ct)
        => (await SendAsync(HttpMethod.Post, "/api/sync/start", start, Guid.CreateVersion7().ToString(), HttpStatusCode.Accepted, ct)).GetProperty("job_id").GetGuid();

    public Task RetryAsync(Guid job, CancellationToken ct)
        => SendAsync(HttpMethod.Post, $"/api/sync/jobs/{job}/retry", new { }, Guid.CreateVersion7().ToString(), HttpStatusCode.Accepted, ct);

    public Task<JsonElement> JobAsync(Guid job, CancellationToken ct) => SendAsync(HttpMethod.Get, $"/api/sync/jobs/{job}", null, null, HttpStatusCode.OK, ct);

    /// <summary>The files of a job's export, the manifest among them.</summary>
    public async Task<JsonElement> ExportsAsync(Guid job, CancellationToken ct)
        => (await SendAsync(HttpMethod.Get, $"/api/sync/jobs/{job}/exports", null, null, HttpStatusCode.OK, ct)).GetProperty("items");

    /// <summary>An exported file; null where the API says there is none.</summary>
    public async Task<Stream?> ExportAsync(Guid job, string name, CancellationToken ct)
    {
        var answer = await _client.GetAsync(new Uri($"/api/sync/jobs/{job}/exports/{name}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, ct);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStreamAsync(ct) : null;
    }

    public void Dispose() => _client.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, string? key, HttpStatusCode expected, CancellationToken ct)
    {
        for (var (began, said) = (TimeProvider.System.GetTimestamp(), ""); ; Repeated++)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Limit) throw new FaultException($"{method} {path} was not answered for {Limit.TotalSeconds:0} s; last: {said}");
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
                if (key is not null) request.Headers.Add("Idempotency-Key", key);
                using var answer = await _client.SendAsync(request, ct);
                said = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}";
                if (answer.StatusCode == expected) return JsonElement.Parse(said[4..]);

                // 409: the same key is still at work, or the answer was lost and its outcome is being looked for.
                if ((int)answer.StatusCode < 500 && answer.StatusCode != HttpStatusCode.Conflict) throw new FaultException($"{method} {path} answered {said}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                said = e.Message;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);
        }
    }
}
