using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace DataSync.IntegrationTests.Host;

/// <summary>
/// Every route that has an id in its path, with another tenant's ids: 404, same as absent, and nothing changes. Then the owner asks for the same and gets no 404: there was something to find. A new route is in it without
/// anybody remembering.
/// </summary>
[Collection(nameof(WholeSystem))]
public sealed class ForeignIdTests(EndToEndTests.System system)
{
    private const string Scopes = "sources.write sync.read sync.write keys.write privacy operator";
    private const string BySignature = "It asks for no token, and answers 401 to all without a signature or secret.", ByOperator = "The operator's, of whichever tenant the path names.", OwnName = "A name of the tenant's own: it makes one of itself.";

    /// <summary>What is not 404 to a stranger, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["POST /api/webhooks/{tenant_id}/{source_id}"] = BySignature,
        ["POST /api/label-studio/hooks/{tenant_id}/{project_id}"] = BySignature,
        ["GET /api/tenants/{tenant_id}/settings"] = ByOperator,
        ["PUT /api/tenants/{tenant_id}/settings"] = ByOperator,
        ["GET /api/tenants/{tenant_id}/ai-budget"] = ByOperator,
        ["PUT /api/tenants/{tenant_id}/ai-budget"] = ByOperator,
        ["GET /api/tenants/{tenant_id}/retention"] = ByOperator,
        ["PUT /api/tenants/{tenant_id}/retention"] = ByOperator,
        ["GET /api/tenants/{tenant_id}/alert-rules"] = ByOperator,
        ["PUT /api/tenants/{tenant_id}/alert-rules/{rule_id}"] = ByOperator,
        ["DELETE /api/tenants/{tenant_id}/alert-rules/{rule_id}"] = ByOperator,
        ["PUT /api/alert-rules/{rule_id}"] = OwnName,
        ["PUT /api/alert-channels/{channel_id}"] = OwnName,
        ["PUT /api/label-studio/projects/{project_id}"] = OwnName,
        ["PUT /api/label-studio/projects/{project_id}/binding"] = OwnName,
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_answers_404_to_another_tenants_ids()
    {
        using var owner = system.Running.Client("owner", Scopes);
        using var stranger = system.Running.Client("stranger", Scopes);
        var ids = await OwnAsync(owner);
        var routes = await RoutesAsync();
        Assert.Equal(await DescribedAsync(stranger), routes);
        Assert.Empty(Exceptions.Keys.Except(routes, StringComparer.Ordinal));
        string[] tried = [.. routes.Where(r => !Exceptions.ContainsKey(r)).OrderBy(r => Array.IndexOf(["GET", "PUT", "POST", "DELETE"], r.Split(' ')[0])).ThenByDescending(r => r.Length)];
        var before = await SeenAsync(owner, tried, ids);
        List<string> wrong = [];

        // whoever holds a link has what it opens: a stranger has none, and one that was changed opens nothing
        var strangers = new Dictionary<string, string>(ids, StringComparer.Ordinal) { ["link"] = (ids["link"][0] == 'A' ? 'B' : 'A') + ids["link"][1..] };
        foreach (var route in tried)
        {
            using var answer = await SendAsync(stranger, route, strangers);
            if (answer.StatusCode != HttpStatusCode.NotFound) wrong.Add($"{route}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
        }

        using (var start = await stranger.PostAsJsonAsync("api/sync/start", new { source_id = "s1" }, Ct)) Assert.Equal(HttpStatusCode.NotFound, start.StatusCode);
        foreach (var route in Exceptions.Where(e => e.Value == OwnName).Select(e => e.Key).Order(StringComparer.Ordinal))
        {
            using var made = await SendAsync(stranger, route, ids);
            if (made.StatusCode != HttpStatusCode.OK) wrong.Add($"{route}: {(int)made.StatusCode} {await made.Content.ReadAsStringAsync(Ct)}");
        }

        Assert.Empty(wrong);
        Assert.Equal(before, await SeenAsync(owner, tried, ids));
        foreach (var route in tried)
        {
            using var answer = await SendAsync(owner, route, ids);
            if (answer.StatusCode == HttpStatusCode.NotFound || (int)answer.StatusCode is 400 or 401 or 403 or 405 or 415 or 422) wrong.Add($"{route} as its owner: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
        }

        Assert.Empty(wrong);
        Assert.Equal(routes.Length - Exceptions.Count, tried.Length);
    }

    /// <summary>Makes one of everything that has an id; the parts of paths that name them.</summary>
    private async Task<Dictionary<string, string>> OwnAsync(HttpClient owner)
    {
        await owner.PostAsync("api/sources", system.Running.Source("s1", new { table = "things" }), HttpStatusCode.Created, Ct);
        var job = await owner.StartAsync(
            new { source_id = "s1", output_format = "jsonl", extraction_params = new { query = "SELECT id FROM things WHERE id <= 10 ORDER BY id" }, refinement_config = JsonElement.Parse("""{"checks":[{"id":"small","field":"id","check":"between","max":7}]}""") }, Ct);
        Assert.Equal(("completed", 3), await owner.EndAsync(job, Ct) is var ended ? (ended.GetProperty("status").GetString(), ended.GetProperty("error_count").GetInt32()) : default);
        var link = (await owner.PostAsync($"api/sync/jobs/{job}/exports/data.jsonl/link", new { expires_in_seconds = 3600 }, HttpStatusCode.OK, Ct)).GetProperty("url").GetString()!;
        using var hook = new WebhookClient(system.Running, "owner");
        await hook.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var delivery = (await hook.SendAsync("hook", SignedDelivery.Sign("github", "{}"u8.ToArray()))).DeliveryId;
        await hook.EndAsync(delivery);
        foreach (var route in (string[])["PUT /api/sources/s1/schedule", "PUT /api/label-studio/projects/12", "PUT /api/alert-rules/r1", "PUT /api/alert-channels/c1", "PUT /api/alert-rules/r1/silence"])
        {
            using var made = await SendAsync(owner, route, []);
            Assert.True(made.StatusCode == HttpStatusCode.OK, $"{route}: {await made.Content.ReadAsStringAsync(Ct)}");
        }

        var (alert, notice) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var make = system.Running.Database.Superuser.CreateCommand($"""
            INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at, over_at) VALUES ('owner', '{alert}', 'r1', 'error_rate', '', 0, 0, 0, false, now(), now());
            INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at) VALUES ('owner', '{notice}', 'c1', 'alert.opened', '{alert}', 'dead', 0, now(), now())
            """)) await make.ExecuteNonQueryAsync(Ct);
        var key = (await owner.PostAsync("api/api-keys", new { name = "k", scopes = new[] { "sync.read" }, expires_at = DateTimeOffset.UtcNow.AddDays(1) }, HttpStatusCode.Created, Ct)).GetProperty("id").GetGuid();
        var erasure = (await owner.PostAsync("api/privacy/subjects/erase", new { value = "nobody@example.com" }, HttpStatusCode.Accepted, Ct)).GetProperty("request_id").GetGuid();
        await RunningSystem.WaitAsync("the erasure to end", async () => (await owner.GetJsonAsync($"api/privacy/requests/{erasure}", Ct)).GetProperty("status").GetString() == "completed", Ct);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["source_id"] = "s1",
            ["job_id"] = $"{job}",
            ["name"] = "data.jsonl",
            ["seq"] = "8",
            ["link"] = link[(link.LastIndexOf('/') + 1)..],
            ["delivery_id"] = $"{delivery}",
            ["project_id"] = "12",
            ["key_id"] = $"{key}",
            ["rule_id"] = "r1",
            ["channel_id"] = "c1",
            ["alert_id"] = $"{alert}",
            ["notice_id"] = $"{notice}",
            ["request_id"] = $"{erasure}",
        };
    }

    /// <summary>What the owner sees of all that, by route.</summary>
    private async Task<SortedDictionary<string, string>> SeenAsync(HttpClient owner, IEnumerable<string> routes, Dictionary<string, string> ids)
    {
        SortedDictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (var route in routes.Where(r => r.StartsWith("GET ", StringComparison.Ordinal)))
        {
            using var answer = await SendAsync(owner, route, ids);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{route}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
            seen[route] = await answer.Content.ReadAsStringAsync(Ct);
        }

        return seen;
    }

    /// <summary>A request that its owner is right to make.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpClient client, string route, Dictionary<string, string> ids)
    {
        var (method, path) = (route.Split(' ')[0], ids.Aggregate(route.Split(' ')[1], (path, id) => path.Replace($"{{{id.Key}}}", id.Value, StringComparison.Ordinal)));
        Assert.DoesNotContain('{', path);
        using var request = new HttpRequestMessage(new HttpMethod(method), path[1..]);
        object? body = (method, path.Split('/')[^1]) switch
        {
            ("PUT", "s1") => system.Running.Source("s1", new { table = "things" }),
            ("PUT", "12") => new { base_url = "https://labels.example", api_key = "key" },
            ("PUT", "r1") => new { condition = "error_rate" },
            ("PUT", "c1") => new { kind = "slack", url = system.Told.Posts.Url + "/foreign-ids" },
            ("PUT", "8") => new { record = new { id = 1 } },
            ("PUT", "schedule") => new { cron = "0 0 1 1 *", time_zone = "UTC" },
            ("PUT", "silence") => new { minutes = 60 },
            ("POST", "replay") when path.StartsWith("/api/sync/", StringComparison.Ordinal) => new { all = true },
            ("POST", "exports") => new { output_format = "csv" },
            ("POST", "link" or "preview") => new { },
            _ => null,
        };
        if (body is not null) request.Content = JsonContent.Create(body);
        return await client.SendAsync(request, Ct);
    }

    /// <summary>The operations that a process has, with an id in the path.</summary>
    private static async Task<string[]> RoutesAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = "Host=127.0.0.1;Username=nobody",
            ["DATASYNC_SYSTEM_CONNECTION"] = "Host=127.0.0.1;Username=nobody",
            ["DATASYNC_MASTER_KEY"] = RunningSystem.MasterKey,
        });
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Api);
        await using var app = builder.Build().MapDataSync(DataSyncRole.Api);
        return
        [
            .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
                .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(m => $"{m} {e.RoutePattern.RawText!.TrimEnd('/')}"))
                .Where(r => r.Contains(" /api/", StringComparison.Ordinal) && r.Contains('{', StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
    }

    private static async Task<string[]> DescribedAsync(HttpClient client)
    {
        var document = await client.GetJsonAsync("swagger/v1/swagger.json", Ct);
        return
        [
            .. document.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith("/api/", StringComparison.Ordinal) && p.Name.Contains('{', StringComparison.Ordinal))
                .SelectMany(p => p.Value.EnumerateObject().Where(o => o.Name is "get" or "put" or "post" or "delete" or "patch").Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}")).Order(StringComparer.Ordinal),
        ];
    }

    [Fact]
    public async Task Routes_without_a_token_answer_401()
    {
        using var nobody = system.Running.Client("x");
        nobody.DefaultRequestHeaders.Authorization = null;
        foreach (var path in (string[])["api/sources", "api/sync/jobs", $"api/sync/jobs/{Guid.CreateVersion7()}"])
        {
            using var answer = await nobody.GetAsync(path, Ct);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task All_faults_of_a_start_come_in_one_answer()
    {
        using var client = system.Running.Client("faulty");
        await client.PostAsync("api/sources", system.Running.Source("s1", new { table = "things" }), HttpStatusCode.Created, Ct);
        var problem = await client.PostAsync("api/sync/start", JsonElement.Parse("""
            {"source_id":"s1","mode":"sideways","sync_type":7,"surprise":1,"timeout_seconds":0,"processing_rules":{"batch_size":-1,"x":1},
             "extraction_params":{"query":"SELECT 1","table":"t"},"refinement_config":{"business_rules":[{"when":{"nonsense":[]},"then":[]}],"y":1},
             "output_format":["json","json","xml"],"export_config":{"compression":"rar","pagination":{"page_size":0},"z":1}}
            """), HttpStatusCode.UnprocessableEntity, Ct);
        var paths = problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString()).ToList();
        foreach (var expected in (string[])["/mode", "/sync_type", "/surprise", "/timeout_seconds", "/processing_rules/batch_size", "/processing_rules/x", "/extraction_params",
            "/refinement_config/y", "/export_config/compression", "/export_config/pagination/page_size", "/export_config/z"])
        {
            Assert.Contains(expected, paths);
        }

        Assert.Contains(paths, p => p!.StartsWith("/refinement_config/business_rules/0", StringComparison.Ordinal));
        Assert.Contains(paths, p => p!.StartsWith("/output_format", StringComparison.Ordinal));
        Assert.Empty((await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray());
    }
}
