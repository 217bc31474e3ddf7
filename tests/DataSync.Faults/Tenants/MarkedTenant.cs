using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Faults.Running;

namespace DataSync.Faults.Tenants;

/// <summary>
/// A tenant whose every value says whose it is, and whose names are the same as every other tenant's: what is mixed up by name, by key or by connection shows in an answer.
/// </summary>
internal sealed class MarkedTenant : IDisposable
{
    /// <summary>The source that every tenant has.</summary>
    public const string Source = "orders";

    /// <summary>What every tenant's mark begins with.</summary>
    private const string MarkStart = "mark-";

    private readonly byte[] _mark;

    public MarkedTenant(string name, Uri address, string token, HttpMessageHandler handler)
    {
        (Name, Mark) = (name, $"{MarkStart}{name}-");
        _mark = Encoding.UTF8.GetBytes(Mark);
        Client = new HttpClient(handler, disposeHandler: false) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Name { get; }

    /// <summary>What each of its values holds.</summary>
    public string Mark { get; }

    public HttpClient Client { get; }

    /// <summary>A job of its own that has ended, with records and files.</summary>
    public Guid Job { get; private set; }

    /// <summary>The same, as it stands in an answer.</summary>
    public byte[] JobText { get; private set; } = [];

    /// <summary>Gives it a source, a job that has ended, settings that can be told apart.</summary>
    /// <param name="connection">Where the source's database is.</param>
    /// <param name="ct">Ends it.</param>
    public async Task PrepareAsync(JsonObject connection, CancellationToken ct)
    {
        using (var register = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/sources", UriKind.Relative)) { Content = JsonContent.Create(SourceBody(connection, 0)) }) await SendAsync(register, HttpStatusCode.Created, ct);
        using (var start = Start()) Job = (await SendAsync(start, HttpStatusCode.Accepted, ct)).GetProperty("job_id").GetGuid();
        JobText = Encoding.UTF8.GetBytes($"{Job}");
        await Patience.ExpectAsync($"{Name}'s job to end", async () => Status(await SendAsync(Get($"/api/sync/jobs/{Job}"), HttpStatusCode.OK, ct)) == "completed", TimeSpan.FromMinutes(2), ct);
    }

    /// <summary>Its source, as it puts it for the <paramref name="version"/>th time.</summary>
    public JsonObject SourceBody(JsonObject connection, int version) => new()
    {
        ["source_id"] = Source,
        ["source_name"] = $"{Mark}{version}",
        ["source_type"] = "database",
        ["connection_params"] = connection.DeepClone(),
        ["extraction_params"] = new JsonObject { ["query"] = $"SELECT g AS id, '{Mark}' || g AS value FROM generate_series(1, 20) g" },
    };

    /// <summary>Whether a text holds its mark, and the first mark of another that it holds.</summary>
    public (bool Own, string? Foreign) MarksIn(ReadOnlySpan<byte> text)
    {
        var own = false;
        for (int at; (at = text.IndexOf("mark-"u8)) >= 0; text = text[(at + MarkStart.Length)..])
        {
            if (!text[at..].StartsWith(_mark)) return (own, Encoding.UTF8.GetString(text.Slice(at, Math.Min(40, text.Length - at))));
            own = true;
        }

        return (own, null);
    }

    public void Dispose() => Client.Dispose();

    /// <summary>The start of its job: every tenant's has the same body and the same key, so that whoever sends it again gets the answer that is kept.</summary>
    public static HttpRequestMessage Start()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/sync/start", UriKind.Relative)) { Content = JsonContent.Create(new JsonObject { ["source_id"] = Source, ["output_format"] = "jsonl" }) };
        request.Headers.Add("Idempotency-Key", "the same for all");
        return request;
    }

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, new Uri(path, UriKind.Relative));

    private static string? Status(JsonElement job) => job.GetProperty("status").GetString();

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, HttpStatusCode expected, CancellationToken ct)
    {
        using var answer = await Client.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.StatusCode == expected ? JsonElement.Parse(text) : throw new FaultException($"{request.Method} {request.RequestUri} answered {(int)answer.StatusCode}: {text}");
    }
}
