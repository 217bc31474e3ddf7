using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Authentication;

namespace DataSync.IntegrationTests.Host;

/// <summary>Every route of the API document is closed to whoever has no token, the wrong one, or one without its scope; none but those named here is open.</summary>
[Collection(nameof(WholeSystem))]
public sealed class ClosedDoorTests(EndToEndTests.System system)
{
    /// <summary>The document's routes that ask for no token.</summary>
    private static readonly string[] Open = ["GET /health/live", "GET /health/ready", "GET /errors/{code}"];

    /// <summary>The routes that a signature, or a secret of their own, opens instead of a token.</summary>
    private static readonly string[] BySignature = ["POST /api/webhooks/{tenant_id}/{source_id}", "POST /api/label-studio/hooks/{tenant_id}/{project_id}"];

    /// <summary>The routes that a signed link opens instead of a token.</summary>
    private static readonly string[] ByLink = ["GET /api/exports/links/{link}"];

    /// <summary>The scope that each route must demand. A route that is not here fails the tests until somebody has decided.</summary>
    private static readonly Dictionary<string, string> Scopes = new(StringComparer.Ordinal)
    {
        ["GET /api/tenant/settings"] = ApiScope.SyncRead,
        ["PUT /api/tenant/settings"] = ApiScope.Operator,
        ["GET /api/audit"] = ApiScope.AuditRead,
        ["GET /api/audit/export"] = ApiScope.AuditRead,
        ["GET /api/tenants/{tenant_id}/settings"] = ApiScope.Operator,
        ["PUT /api/tenants/{tenant_id}/settings"] = ApiScope.Operator,
        ["GET /api/tenants/{tenant_id}/retention"] = ApiScope.Operator,
        ["PUT /api/tenants/{tenant_id}/retention"] = ApiScope.Operator,
        ["GET /api/tenants/{tenant_id}/ai-budget"] = ApiScope.Operator,
        ["PUT /api/tenants/{tenant_id}/ai-budget"] = ApiScope.Operator,
        ["GET /api/tenants/{tenant_id}/alert-rules"] = ApiScope.Operator,
        ["PUT /api/tenants/{tenant_id}/alert-rules/{rule_id}"] = ApiScope.Operator,
        ["DELETE /api/tenants/{tenant_id}/alert-rules/{rule_id}"] = ApiScope.Operator,
        ["POST /api/api-keys"] = ApiScope.KeysWrite,
        ["GET /api/api-keys"] = ApiScope.KeysWrite,
        ["DELETE /api/api-keys/{key_id}"] = ApiScope.KeysWrite,
        ["POST /api/sources"] = ApiScope.SourcesWrite,
        ["GET /api/sources"] = ApiScope.SyncRead,
        ["GET /api/sources/{source_id}"] = ApiScope.SyncRead,
        ["PUT /api/sources/{source_id}"] = ApiScope.SourcesWrite,
        ["DELETE /api/sources/{source_id}"] = ApiScope.SourcesWrite,
        ["POST /api/sources/{source_id}/test"] = ApiScope.SourcesWrite,
        ["GET /api/sources/{source_id}/schema"] = ApiScope.SourcesWrite,
        ["POST /api/sources/{source_id}/preview"] = ApiScope.SourcesWrite,
        ["GET /api/sources/{source_id}/state"] = ApiScope.SyncRead,
        ["DELETE /api/sources/{source_id}/state"] = ApiScope.SyncWrite,
        ["GET /api/sources/{source_id}/tracking"] = ApiScope.SyncRead,
        ["GET /api/sources/{source_id}/schedule"] = ApiScope.SyncRead,
        ["PUT /api/sources/{source_id}/schedule"] = ApiScope.SourcesWrite,
        ["DELETE /api/sources/{source_id}/schedule"] = ApiScope.SourcesWrite,
        ["POST /api/sync/start"] = ApiScope.SyncWrite,
        ["GET /api/sync/jobs"] = ApiScope.SyncRead,
        ["GET /api/sync/jobs/{job_id}"] = ApiScope.SyncRead,
        ["POST /api/sync/jobs/{job_id}/cancel"] = ApiScope.SyncWrite,
        ["POST /api/sync/jobs/{job_id}/retry"] = ApiScope.SyncWrite,
        ["POST /api/sync/route-test"] = ApiScope.SyncWrite,
        ["GET /api/sync/jobs/{job_id}/events"] = ApiScope.SyncRead,
        ["GET /api/metrics/summary"] = ApiScope.SyncRead,
        ["GET /api/alerts"] = ApiScope.SyncRead,
        ["GET /api/alerts/{alert_id}"] = ApiScope.SyncRead,
        ["POST /api/alerts/{alert_id}/acknowledge"] = ApiScope.SyncWrite,
        ["GET /api/alert-rules"] = ApiScope.SyncRead,
        ["GET /api/alert-rules/{rule_id}"] = ApiScope.SyncRead,
        ["PUT /api/alert-rules/{rule_id}"] = ApiScope.Operator,
        ["DELETE /api/alert-rules/{rule_id}"] = ApiScope.Operator,
        ["PUT /api/alert-rules/{rule_id}/silence"] = ApiScope.SyncWrite,
        ["DELETE /api/alert-rules/{rule_id}/silence"] = ApiScope.SyncWrite,
        ["GET /api/alert-channels"] = ApiScope.SyncRead,
        ["GET /api/alert-channels/{channel_id}"] = ApiScope.SyncRead,
        ["PUT /api/alert-channels/{channel_id}"] = ApiScope.SourcesWrite,
        ["DELETE /api/alert-channels/{channel_id}"] = ApiScope.SourcesWrite,
        ["POST /api/alert-channels/{channel_id}/test"] = ApiScope.SourcesWrite,
        ["GET /api/alert-notices"] = ApiScope.SyncRead,
        ["POST /api/alert-notices/{notice_id}/retry"] = ApiScope.SyncWrite,
        ["GET /api/ai/usage"] = ApiScope.SyncRead,
        ["PUT /api/ai/budget"] = ApiScope.Operator,
        ["GET /api/sync/jobs/{job_id}/enrichments"] = ApiScope.SyncRead,
        ["GET /api/sync/jobs/{job_id}/records"] = ApiScope.SyncRead,
        ["GET /api/sync/jobs/{job_id}/rejections"] = ApiScope.SyncRead,
        ["GET /api/sync/jobs/{job_id}/rejections/{seq}"] = ApiScope.SyncRead,
        ["PUT /api/sync/jobs/{job_id}/rejections/{seq}"] = ApiScope.SyncWrite,
        ["POST /api/sync/jobs/{job_id}/rejections/replay"] = ApiScope.SyncWrite,
        ["POST /api/rules/test"] = ApiScope.SyncWrite,
        ["POST /api/sync/jobs/{job_id}/exports/{name}/link"] = ApiScope.SyncRead,
        ["GET /api/sync/jobs/{job_id}/exports"] = ApiScope.SyncRead,
        ["POST /api/sync/jobs/{job_id}/exports"] = ApiScope.SyncWrite,
        ["GET /api/sync/jobs/{job_id}/exports/{name}"] = ApiScope.SyncRead,
        ["POST /api/exports/validate"] = ApiScope.SyncRead,
        ["GET /api/label-studio/projects"] = ApiScope.SyncRead,
        ["GET /api/label-studio/projects/{project_id}"] = ApiScope.SyncRead,
        ["PUT /api/label-studio/projects/{project_id}"] = ApiScope.SourcesWrite,
        ["DELETE /api/label-studio/projects/{project_id}"] = ApiScope.SourcesWrite,
        ["PUT /api/label-studio/projects/{project_id}/binding"] = ApiScope.Operator,
        ["POST /api/label-studio/projects/{project_id}/test"] = ApiScope.SourcesWrite,
        ["POST /api/label-studio/projects/{project_id}/hook"] = ApiScope.SourcesWrite,
        ["GET /api/webhooks/deliveries"] = ApiScope.SyncRead,
        ["GET /api/webhooks/deliveries/{delivery_id}"] = ApiScope.SyncRead,
        ["POST /api/webhooks/deliveries/{delivery_id}/replay"] = ApiScope.SyncWrite,
        ["POST /api/privacy/subjects/preview"] = ApiScope.Privacy,
        ["POST /api/privacy/subjects/erase"] = ApiScope.Privacy,
        ["POST /api/privacy/subjects/export"] = ApiScope.Privacy,
        ["GET /api/privacy/requests/{request_id}"] = ApiScope.Privacy,
        ["GET /api/privacy/retention"] = ApiScope.Privacy,
        ["PUT /api/privacy/retention"] = ApiScope.Operator,
    };

    private static readonly Dictionary<string, string?> BadTokens = new(StringComparer.Ordinal)
    {
        ["no token"] = null,
        ["empty"] = "",
        ["alg none"] = TestTokens.Sign(Claims(), """{"alg":"none","typ":"at+jwt"}""", _ => []),
        ["alg none, signed"] = TestTokens.Sign(Claims(), """{"alg":"none","typ":"at+jwt"}""", RunningSystem.TokenKey),
        ["another key"] = TestTokens.Sign(Claims(), key: new byte[32]),
        ["no signature"] = TestTokens.Sign(Claims(), TestTokens.Header, _ => []),
        ["an ID token"] = TestTokens.Sign(Claims(), """{"alg":"HS256","typ":"JWT"}""", RunningSystem.TokenKey),
        ["wrong audience"] = Signed(c => c["aud"] = "another-service"),
        ["wrong issuer"] = Signed(c => c["iss"] = "https://id.example"),
        ["expired"] = Signed(c => c["exp"] = DateTimeOffset.UtcNow.AddSeconds(-61).ToUnixTimeSeconds()),
        ["without an end"] = Signed(c => c.Remove("exp")),
        ["not valid yet"] = Signed(c => c["nbf"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds()),
        ["without a tenant"] = Signed(c => c.Remove("tenant_id")),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_is_decided_on()
        => Assert.Equal(Scopes.Keys.Concat(Open).Concat(BySignature).Concat(ByLink).Order(StringComparer.Ordinal), (await RoutesAsync()).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Open_routes_and_no_others_answer_without_a_token()
    {
        foreach (var route in Open) Assert.Equal(HttpStatusCode.OK, (await AskAsync(route.Replace("{code}", "SYNC_001", StringComparison.Ordinal), token: null)).Status);
    }

    [Fact]
    public async Task Routes_for_signatures_answer_401_to_all_without_one_whatever_their_token()
    {
        foreach (var token in (string?[])[null, BadTokens["expired"], RunningSystem.Token("closed", string.Join(' ', ApiScope.All))])
        {
            foreach (var route in BySignature) Assert.Equal((HttpStatusCode.Unauthorized, "errors.webhook.refused"), await AskAsync(route, token) is var (status, key, _) ? (status, key) : default);
        }
    }

    [Fact]
    public async Task Routes_for_links_answer_404_to_all_without_one_whatever_their_token()
    {
        foreach (var token in (string?[])[null, BadTokens["another key"], RunningSystem.Token("closed", string.Join(' ', ApiScope.All))])
        {
            foreach (var route in ByLink) Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(route, token)).Status);
        }
    }

    [Fact]
    public async Task Every_closed_route_answers_401_to_no_token_and_to_bad_ones()
    {
        List<string> wrong = [];
        foreach (var route in await ClosedAsync())
        {
            foreach (var (name, token) in BadTokens)
            {
                var (status, key, challenge) = await AskAsync(route, token);
                if (status != HttpStatusCode.Unauthorized || key != (token is null ? "errors.token.missing" : "errors.token.invalid") || !challenge.StartsWith("Bearer realm=\"datasync\"", StringComparison.Ordinal))
                    wrong.Add($"{route} with {name}: {(int)status} {key}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Every_closed_route_answers_403_to_all_scopes_but_its_own()
    {
        List<string> wrong = [];
        foreach (var route in await ClosedAsync())
        {
            var others = string.Join(' ', ApiScope.All.Where(s => s != Scopes[route]));
            var (status, key, challenge) = await AskAsync(route, RunningSystem.Token("closed", others));
            if (status != HttpStatusCode.Forbidden || key != "errors.scope.missing" || !challenge.EndsWith($"scope=\"{Scopes[route]}\"", StringComparison.Ordinal)) wrong.Add($"{route}: {(int)status} {key} {challenge}");
            (status, key, _) = await AskAsync(route, RunningSystem.Token("closed", Scopes[route]));
            if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or >= HttpStatusCode.InternalServerError) wrong.Add($"{route} with its scope: {(int)status} {key}");
        }

        Assert.Empty(wrong);
        using var client = system.Running.Client("closed");
        Assert.Empty((await client.GetJsonAsync("api/sources", Ct)).GetProperty("items").EnumerateArray());
        Assert.Empty((await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Dashboard_opens_to_no_bearer_token_only_to_the_operators_cookie()
    {
        foreach (var path in (string[])["GET /hangfire", "GET /hangfire/jobs/enqueued", "POST /hangfire/jobs/enqueued/delete"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(path, token: null)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(path, BadTokens["alg none"])).Status);
            foreach (var scope in (string[])["operator", string.Join(' ', ApiScope.All)]) Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(path, RunningSystem.Token("closed", scope))).Status);
        }
    }

    [Fact]
    public async Task What_is_not_there_is_404_with_any_token_and_none()
    {
        foreach (var token in (string?[])[null, BadTokens["expired"], RunningSystem.Token("closed", "operator")])
            Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("GET /api/nothing", token)).Status);
    }

    private async Task<string[]> ClosedAsync() => [.. (await RoutesAsync()).Except(Open, StringComparer.Ordinal).Except(BySignature, StringComparer.Ordinal).Except(ByLink, StringComparer.Ordinal)];

    private async Task<string[]> RoutesAsync()
    {
        using var client = system.Running.Client("any");
        var document = await client.GetJsonAsync("swagger/v1/swagger.json", Ct);
        return [.. document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()
            .Where(o => o.Name is "get" or "put" or "post" or "delete" or "patch" or "head" or "options" or "trace").Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}"))];
    }

    private async Task<(HttpStatusCode Status, string? Key, string Challenge)> AskAsync(string route, string? token)
    {
        var (method, path) = (route[..route.IndexOf(' ', StringComparison.Ordinal)], route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        path = path.Replace("{source_id}", "s1", StringComparison.Ordinal).Replace("{job_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal)
            .Replace("{delivery_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal).Replace("{tenant_id}", "t1", StringComparison.Ordinal).Replace("{name}", "data.jsonl", StringComparison.Ordinal)
            .Replace("{project_id}", "7", StringComparison.Ordinal).Replace("{seq}", "1", StringComparison.Ordinal).Replace("{link}", "none", StringComparison.Ordinal)
            .Replace("{alert_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal).Replace("{notice_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal)
            .Replace("{request_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal).Replace("{key_id}", Guid.CreateVersion7().ToString("D"), StringComparison.Ordinal).Replace("{rule_id}", "r1", StringComparison.Ordinal).Replace("{channel_id}", "c1", StringComparison.Ordinal);
        Assert.DoesNotContain('{', path);
        using var client = system.Running.Client("any");
        client.DefaultRequestHeaders.Authorization = null;
        using var request = new HttpRequestMessage(new HttpMethod(method), path[1..]);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (method is "POST" or "PUT") request.Content = JsonContent.Create(new { });
        using var answer = await client.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        var key = answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonElement.Parse(text).GetProperty("message_key").GetString() : null;
        return (answer.StatusCode, key, string.Join(", ", answer.Headers.WwwAuthenticate.Select(c => c.ToString())));
    }

    private static string Claims() => TestTokens.Payload(DateTimeOffset.UtcNow, "closed", string.Join(' ', ApiScope.All));

    private static string Signed(Action<JsonObject> change)
    {
        var claims = JsonNode.Parse(Claims())!.AsObject();
        change(claims);
        return TestTokens.Sign(claims.ToJsonString(), key: RunningSystem.TokenKey);
    }
}
