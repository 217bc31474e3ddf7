using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataSync.Benchmarks.Ours;

/// <summary>The calls of DataSync's API that the cases make.</summary>
internal sealed class Api : IDisposable
{
    private readonly HttpClient _client;

    public Api(Uri address, string token)
    {
        _client = new HttpClient { BaseAddress = address };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

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

    public Task RegisterAsync(string sourceId, JsonObject connection, JsonObject extraction, CancellationToken ct, JsonObject? sync = null) => PostAsync(
        "/api/sources",
        new JsonObject
        {
            ["source_id"] = sourceId,
            ["source_name"] = sourceId,
            ["source_type"] = "database",
            ["connection_params"] = connection,
            ["extraction_params"] = extraction,
            ["sync"] = sync ?? [],
        },
        ct);

    public Task RegisterWebhookAsync(string sourceId, JsonObject connection, CancellationToken ct) => PostAsync(
        "/api/sources", new JsonObject { ["source_id"] = sourceId, ["source_type"] = "webhook", ["connection_params"] = connection, ["sync"] = new JsonObject { ["output_format"] = "jsonl" } }, ct);

    /// <summary>Starts a sync; its job's id.</summary>
    public async Task<string> StartAsync(JsonObject start, CancellationToken ct) => (string)(await PostAsync("/api/sync/start", start, ct))["job_id"]!;

    /// <summary>Runs a realtime sync; how many records its answer holds under <c>data</c>.</summary>
    public async Task<int> RealtimeAsync(JsonObject start, CancellationToken ct)
    {
        using var answer = await _client.PostAsJsonAsync("/api/sync/start", start, ct);
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        if (!answer.IsSuccessStatusCode) throw new BenchmarkException($"A realtime sync answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
        using var document = await JsonDocument.ParseAsync(body, cancellationToken: ct);
        return document.RootElement.GetProperty("data").GetArrayLength();
    }

    /// <summary>Runs a realtime sync and reads its answer only after a while; false where its records did not fit into memory.</summary>
    public async Task<bool> ReadSlowlyAsync(JsonObject start, TimeSpan pause, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/sync/start") { Content = JsonContent.Create(start) };
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (answer.StatusCode is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.InsufficientStorage) return false;
        if (!answer.IsSuccessStatusCode) throw new BenchmarkException($"A realtime sync answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
        await Task.Delay(pause, ct);
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        await body.CopyToAsync(Stream.Null, ct);
        return true;
    }

    public Task<JsonObject> JobAsync(string id, CancellationToken ct) => GetAsync($"/api/sync/jobs/{id}", ct);

    public async Task<JsonObject> GetAsync(string path, CancellationToken ct)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), ct);
        return await ReadAsync(answer, ct);
    }

    public async Task PutAsync(string path, JsonObject body, CancellationToken ct)
    {
        using var answer = await _client.PutAsJsonAsync(new Uri(path, UriKind.Relative), body, ct);
        await ReadAsync(answer, ct);
    }

    public async Task DeleteAsync(string path, CancellationToken ct)
    {
        using var answer = await _client.DeleteAsync(new Uri(path, UriKind.Relative), ct);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _client.Dispose();

    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken ct)
    {
        using var answer = await _client.PostAsJsonAsync(path, body, ct);
        return await ReadAsync(answer, ct);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new BenchmarkException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri?.AbsolutePath} answered {(int)answer.StatusCode}: {text}");
    }
}
