using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace DataSync.Faults.Tenants;

/// <summary>
/// Requests of many tenants, mixed over the API's shared pools: their own things, things of the same name, things of others by their ids, changes, runs in memory, answers kept by a key that
/// all of them use; and some that are broken off in the middle. Every answer is searched for marks of others.
/// </summary>
/// <param name="tenants">Tenants that are prepared.</param>
/// <param name="connection">Where their sources' database is.</param>
internal sealed class MixedTraffic(IReadOnlyList<MarkedTenant> tenants, JsonObject connection)
{
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentDictionary<string, long> _answered = new(StringComparer.Ordinal);
    private long _sent, _brokenOff;

    private enum Expected
    {
        /// <summary>The answer holds the tenant's own mark: that nobody else's is there is not for want of any.</summary>
        Own,

        /// <summary>The answer names the tenant's job.</summary>
        Job,

        /// <summary>The answer is the tenant's settings, as they were set.</summary>
        Settings,

        /// <summary>The answer counts the tenant's job alone.</summary>
        Counts,

        /// <summary>No mark of anybody's need be there.</summary>
        Nothing,

        /// <summary>There is no such thing for this tenant.</summary>
        NotFound,
    }

    /// <summary>Kinds of request there are.</summary>
    public const int Kinds = 20;

    /// <summary>What went wrong, in words; the first hundred.</summary>
    public IReadOnlyList<string> Faults => [.. _faults.Take(100)];

    /// <summary>Answers by kind of request.</summary>
    public IReadOnlyDictionary<string, long> Answered => _answered;

    /// <summary>Requests broken off in the middle, for which no answer was read.</summary>
    public long BrokenOff => Interlocked.Read(ref _brokenOff);

    /// <summary>Sends so many requests over so many connections; the same seed sends the same requests.</summary>
    public Task RunAsync(long requests, int connections, int seed, CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, connections).Select(i => Task.Run(async () =>
    {
        var random = new Random(unchecked((seed * 397) + i));
        while (Interlocked.Increment(ref _sent) <= requests && _faults.IsEmpty) await SendAsync(random, ct);
    }, ct)));

    private async Task SendAsync(Random random, CancellationToken ct)
    {
        var tenant = tenants[random.Next(tenants.Count)];
        var other = tenants[random.Next(tenants.Count)];
        var (kind, request, expected) = Draw(random, tenant, ReferenceEquals(tenant, other) ? null : other);
        using (request)
        {
            // one in a hundred hangs up: whatever it held of the pools goes back while it is used
            using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
            if (random.Next(100) == 0) hangUp.CancelAfter(TimeSpan.FromMilliseconds(random.Next(1, 6)));
            try
            {
                using var answer = await tenant.Client.SendAsync(request, hangUp.Token);
                var body = await answer.Content.ReadAsByteArrayAsync(hangUp.Token);
                Judge(tenant, kind, expected, answer.StatusCode, body);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested && hangUp.IsCancellationRequested)
            {
                Interlocked.Increment(ref _brokenOff);
            }
        }
    }

    private void Judge(MarkedTenant tenant, string kind, Expected expected, HttpStatusCode status, byte[] body)
    {
        _answered.AddOrUpdate(kind, 1, (_, n) => n + 1);
        var (own, foreign) = tenant.MarksIn(body);
        var right = expected switch
        {
            Expected.NotFound => status == HttpStatusCode.NotFound,
            Expected.Own => own && (int)status is >= 200 and < 300,
            Expected.Job => body.AsSpan().IndexOf(tenant.JobText) >= 0 && (int)status is >= 200 and < 300,
            Expected.Settings => status == HttpStatusCode.OK && tenant.HasSettings(body),
            Expected.Counts => status == HttpStatusCode.OK && tenant.HasCounts(body),
            _ => (int)status is >= 200 and < 300,
        };
        if (foreign is not null) _faults.Enqueue($"{tenant.Name} asked '{kind}' and got {foreign}");
        else if (!right) _faults.Enqueue($"{tenant.Name} asked '{kind}' and got {(int)status}, its own mark {(own ? "there" : "not there")}: {System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(300, body.Length)))}");
    }

    private (string Kind, HttpRequestMessage Request, Expected Expected) Draw(Random random, MarkedTenant tenant, MarkedTenant? other)
    {
        var nobodys = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var (job, foreign, refused) = (tenant.Job, other?.Job ?? nobodys, other?.RefusedJob ?? nobodys);
        return random.Next(100) switch
        {
            < 11 => ("its sources", Get("/api/sources"), Expected.Own),
            < 23 => ("a source of a name that all have", Get($"/api/sources/{MarkedTenant.Source}"), Expected.Own),
            < 32 => ("its job's records", Get($"/api/sync/jobs/{job}/records?page_size=5"), Expected.Own),
            < 38 => ("its job's file", Get($"/api/sync/jobs/{job}/exports/data.jsonl"), Expected.Own),
            < 44 => ("its job", Get($"/api/sync/jobs/{job}"), Expected.Job),
            < 49 => ("its jobs", Get("/api/sync/jobs?page_size=5"), Expected.Nothing),
            < 53 => ("what was refused of it", Get($"/api/sync/jobs/{tenant.RefusedJob}/rejections/0"), Expected.Own),
            < 56 => ("its job's events", Get($"/api/sync/jobs/{job}/events"), Expected.Job),
            < 61 => ("another's job", Get($"/api/sync/jobs/{foreign}"), Expected.NotFound),
            < 66 => ("another's records", Get($"/api/sync/jobs/{foreign}/records"), Expected.NotFound),
            < 70 => ("another's file", Get($"/api/sync/jobs/{foreign}/exports/data.jsonl"), Expected.NotFound),
            < 73 => ("another's job, to be cancelled", Post($"/api/sync/jobs/{foreign}/cancel", []), Expected.NotFound),
            < 75 => ("what was refused of another", Get($"/api/sync/jobs/{refused}/rejections/0"), Expected.NotFound),
            < 77 => ("another's events", Get($"/api/sync/jobs/{foreign}/events"), Expected.NotFound),
            < 83 => ("its summary", Get(MarkedTenant.Summary), Expected.Counts),
            < 88 => ("its settings", Get("/api/tenant/settings"), Expected.Settings),
            < 91 => ("a run in memory", Post("/api/sync/start", new JsonObject { ["source_id"] = MarkedTenant.Source, ["mode"] = "realtime", ["export_config"] = new JsonObject { ["inline"] = true } }), Expected.Own),
            < 95 => ("a start under a key that all used", MarkedTenant.Start(), Expected.Job),
            < 98 => ("its source, put anew", Put($"/api/sources/{MarkedTenant.Source}", tenant.SourceBody(connection, random.Next(1000))), Expected.Own),
            _ => ("rules tried on its records", Post("/api/rules/test", Rules(tenant)), Expected.Own),
        };
    }

    private static JsonObject Rules(MarkedTenant tenant) => new()
    {
        ["refinement_config"] = new JsonObject { ["business_rules"] = new JsonArray(new JsonObject { ["id"] = "r", ["when"] = true, ["then"] = new JsonArray(new JsonObject { ["set"] = new JsonObject { ["field"] = "seen", ["value"] = tenant.Mark } }) }) },
        ["records"] = new JsonArray(new JsonObject { ["value"] = tenant.Mark }),
    };

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, new Uri(path, UriKind.Relative));

    private static HttpRequestMessage Post(string path, JsonObject body) => new(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };

    private static HttpRequestMessage Put(string path, JsonObject body) => new(HttpMethod.Put, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
}
