using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace DataSync.Dev.Demo;

/// <summary>The few calls a customer's first sync takes, over plain HTTP.</summary>
sealed class DataSyncApi : IDisposable
{
    readonly HttpClient _client;

    public DataSyncApi(Uri address, string token)
    {
        _client = new HttpClient { BaseAddress = address };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Registers the source, or replaces it if an earlier run registered it.</summary>
    public async Task RegisterAsync(JsonObject source, CancellationToken ct)
    {
        using var made = await _client.PostAsJsonAsync("/api/sources", source, ct);
        if (made.StatusCode != HttpStatusCode.Conflict)
        {
            await ReadAsync(made, ct);
            return;
        }
        using var replaced = await _client.PutAsJsonAsync($"/api/sources/{Uri.EscapeDataString((string)source["source_id"]!)}", source, ct);
        await ReadAsync(replaced, ct);
    }

    /// <summary>Starts a sync and returns its job's id.</summary>
    public async Task<string> StartAsync(JsonObject start, CancellationToken ct)
    {
        using var response = await _client.PostAsJsonAsync("/api/sync/start", start, ct);
        return (string)(await ReadAsync(response, ct))["job_id"]!;
    }

    public async Task<JsonObject> JobAsync(string jobId, CancellationToken ct)
    {
        using var response = await _client.GetAsync(new Uri($"/api/sync/jobs/{jobId}", UriKind.Relative), ct);
        return await ReadAsync(response, ct);
    }

    public void Dispose() => _client.Dispose();

    static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new DevException($"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} answered {(int)response.StatusCode}: {text}");
    }
}
