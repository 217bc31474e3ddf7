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

    /// <summary>Another that every tenant has: of its job nothing changes any more, so its counts can be told apart.</summary>
    private const string Kept = "kept";

    /// <summary>What every tenant's mark begins with.</summary>
    private const string MarkStart = "mark-";

    private readonly byte[] _mark;
    private byte[] _settings = [];

    /// <summary>One that is prepared by <see cref="PrepareAsync"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="size">Records of each of its jobs: no other tenant's are as many.</param>
    /// <param name="address">Where the API is.</param>
    /// <param name="token">A token of it, an operator's.</param>
    /// <param name="handler">The connections of all.</param>
    public MarkedTenant(string name, int size, Uri address, string token, HttpMessageHandler handler)
    {
        (Name, Size, Mark) = (name, size, $"{MarkStart}{name}-");
        _mark = Encoding.UTF8.GetBytes(Mark);
        Client = new HttpClient(handler, disposeHandler: false) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Name { get; }

    /// <summary>What each of its values holds.</summary>
    public string Mark { get; }

    /// <summary>Records that each of its jobs reads.</summary>
    public int Size { get; }

    public HttpClient Client { get; }

    /// <summary>A job of its own that has ended, with records and files.</summary>
    public Guid Job { get; private set; }

    /// <summary>The same, as it stands in an answer.</summary>
    public byte[] JobText { get; private set; } = [];

    /// <summary>A job of its own whose first record was refused.</summary>
    public Guid RefusedJob { get; private set; }

    /// <summary>The summary of a source that changes no more.</summary>
    public static string Summary => $"/api/metrics/summary?window=1d&source_id={Kept}";

    /// <summary>Gives it sources, jobs that have ended, one of them with a record refused, and settings that can be told apart by when they were set.</summary>
    /// <param name="connection">Where the source's database is.</param>
    /// <param name="ct">Ends it.</param>
    public async Task PrepareAsync(JsonObject connection, CancellationToken ct)
    {
        Job = await RunAsync(Source, connection, null, ct);
        JobText = Encoding.UTF8.GetBytes($"{Job}");
        RefusedJob = await RunAsync(Kept, connection, RefuseFirst, ct);
        using var set = new HttpRequestMessage(HttpMethod.Put, Relative("/api/tenant/settings")) { Content = JsonContent.Create(new JsonObject { ["language"] = "en-US" }) };
        var put = (await SendAsync(set, HttpStatusCode.OK, ct)).GetProperty("updated_at").GetString()!;
        await Patience.ExpectAsync($"{Name}'s settings to be seen", async () =>
        {
            using var answer = await Client.GetAsync(Relative("/api/tenant/settings"), ct);
            _settings = await answer.Content.ReadAsByteArrayAsync(ct);
            return JsonElement.Parse(_settings).GetProperty("updated_at").GetString() == put;
        }, TimeSpan.FromSeconds(30), ct);
    }

    /// <summary>Whether an answer is this tenant's settings.</summary>
    public bool HasSettings(ReadOnlySpan<byte> body) => body.SequenceEqual(_settings);

    /// <summary>Whether an answer to <see cref="Summary"/> counts this tenant's job and nobody else's.</summary>
    public bool HasCounts(ReadOnlySpan<byte> body)
        => JsonElement.Parse(body) is var summary && summary.GetProperty("tenant_id").GetString() == Name && summary.GetProperty("jobs").GetInt64() == 1 && summary.GetProperty("rejected").GetInt64() == 1
            && summary.GetProperty("records").GetInt64() + 1 == Size;

    private async Task<Guid> RunAsync(string source, JsonObject connection, JsonObject? refinement, CancellationToken ct)
    {
        using (var register = new HttpRequestMessage(HttpMethod.Post, Relative("/api/sources")) { Content = JsonContent.Create(SourceBody(connection, 0, source)) }) await SendAsync(register, HttpStatusCode.Created, ct);
        Guid job;
        using (var start = Start(source, refinement)) job = (await SendAsync(start, HttpStatusCode.Accepted, ct)).GetProperty("job_id").GetGuid();
        await Patience.ExpectAsync($"{Name}'s job to end", async () => Status(await SendAsync(Get($"/api/sync/jobs/{job}"), HttpStatusCode.OK, ct)) == "completed", TimeSpan.FromMinutes(2), ct);
        return job;
    }

    /// <summary>Its source, as it puts it for the <paramref name="version"/>th time.</summary>
    public JsonObject SourceBody(JsonObject connection, int version, string source = Source) => new()
    {
        ["source_id"] = source,
        ["source_name"] = $"{Mark}{version}",
        ["source_type"] = "database",
        ["connection_params"] = connection.DeepClone(),
        ["extraction_params"] = new JsonObject { ["query"] = $"SELECT g AS id, '{Mark}' || g AS value FROM generate_series(1, {Size}) g" },
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
    public static HttpRequestMessage Start(string source = Source, JsonObject? refinement = null)
    {
        var body = new JsonObject { ["source_id"] = source, ["output_format"] = "jsonl" };
        if (refinement is not null) body["refinement_config"] = refinement;
        var request = new HttpRequestMessage(HttpMethod.Post, Relative("/api/sync/start")) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", $"the same for all that start {source}");
        return request;
    }

    private static JsonObject RefuseFirst => new()
    {
        ["business_rules"] = new JsonArray(new JsonObject
        {
            ["id"] = "first",
            ["when"] = new JsonObject { ["=="] = new JsonArray(new JsonObject { ["var"] = "id" }, 1) },
            ["then"] = new JsonArray(new JsonObject { ["reject"] = new JsonObject { ["code"] = "FIRST", ["message"] = "the first is not wanted" } }),
        }),
    };

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, Relative(path));

    private static string? Status(JsonElement job) => job.GetProperty("status").GetString();

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, HttpStatusCode expected, CancellationToken ct)
    {
        using var answer = await Client.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.StatusCode == expected ? JsonElement.Parse(text) : throw new FaultException($"{request.Method} {request.RequestUri} answered {(int)answer.StatusCode}: {text}");
    }
}
