using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>Calls that tests make again and again.</summary>
internal static class ApiCalls
{
    public static async Task<JsonElement> PostAsync(this HttpClient client, string path, object body, HttpStatusCode expected, CancellationToken ct)
    {
        using var answer = await client.PostAsJsonAsync(path, body, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        Assert.True(answer.StatusCode == expected, $"{path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    public static async Task<JsonElement> GetJsonAsync(this HttpClient client, string path, CancellationToken ct, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await client.GetAsync(path, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        Assert.True(answer.StatusCode == expected, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>Starts a sync and returns the job's id.</summary>
    public static async Task<Guid> StartAsync(this HttpClient client, object start, CancellationToken ct)
        => (await client.PostAsync("api/sync/start", start, HttpStatusCode.Accepted, ct)).GetProperty("job_id").GetGuid();

    /// <summary>Waits until a job has ended and returns it.</summary>
    public static async Task<JsonElement> EndAsync(this HttpClient client, Guid job, CancellationToken ct, int seconds = 120)
    {
        JsonElement state = default;
        await RunningSystem.WaitAsync(() => $"job {job} to end; last seen: {state}", async () =>
        {
            state = await client.GetJsonAsync($"api/sync/jobs/{job}", ct);
            return state.GetProperty("status").GetString() is "completed" or "failed" or "cancelled";
        }, ct, seconds);
        return state;
    }

    /// <summary>The text of an exported file.</summary>
    public static async Task<string> ExportAsync(this HttpClient client, Guid job, string name, CancellationToken ct)
    {
        using var answer = await client.GetAsync($"api/sync/jobs/{job}/exports/{name}", ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(ct);
    }
}
