using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DataSync.IntegrationTests.Webhooks;
using DataSync.Platform.Authentication.ApiKeys;

namespace DataSync.IntegrationTests.Host.Regions;

/// <summary>Tenants are stored in their region, and nowhere else.</summary>
public sealed class RegionTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task Tenant_of_one_region_leaves_no_row_file_or_line_in_the_other() => RegionResidence.TenantsLeaveNothingElsewhereAsync(regions, system => system.ExportRoot);

    [Theory]
    [InlineData("GET", "api/sync/jobs?limit=5&source_id=a%2Fb", null)]
    [InlineData("POST", "api/sync/start", """{"source_id":"s"}""")]
    [InlineData("PUT", "api/tenant/settings", """{"language":"zh-CN"}""")]
    [InlineData("POST", "api/sync/start", "not even JSON")]
    [InlineData("GET", "api/nothing/there", null)]
    [InlineData("DELETE", "api/sources/s", null)]
    public async Task Request_at_the_wrong_region_is_refused_with_the_address_of_the_right_one(string method, string path, string? body)
    {
        await regions.PlaceAsync("knocks", "eu");
        using var client = regions.Us.Client("knocks", scope: "sources.write sync.read sync.write operator", language: "zh-CN");
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", "once");
        using var answer = await client.SendAsync(request, Ct);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal((HttpStatusCode.MisdirectedRequest, "SYNC_447", "application/problem+json"), (answer.StatusCode, problem.GetProperty("error_code").GetString(), answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(regions.Eu.Address + path, answer.Headers.Location?.OriginalString);
        var told = problem.GetProperty("message_params");
        Assert.Equal(("eu", regions.Eu.Address.ToString().TrimEnd('/')), (told.GetProperty("region").GetString(), told.GetProperty("url").GetString()));
        Assert.Contains("区域 eu", problem.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(["configuration_generations", "tenant_settings"], (await Traces.RowsAsync(regions.Us, "knocks")).Keys);
    }

    [Fact]
    public async Task Address_that_is_told_answers_the_same_request()
    {
        await regions.PlaceAsync("follows", "eu");
        using var client = regions.Us.Client("follows");
        using var refused = await client.GetAsync("api/tenant/settings", Ct);
        using var answer = await client.GetAsync(refused.Headers.Location, Ct);
        Assert.Equal((HttpStatusCode.MisdirectedRequest, HttpStatusCode.OK), (refused.StatusCode, answer.StatusCode));
    }

    [Fact]
    public async Task Tenant_without_a_region_is_refused_everywhere_and_leaves_nothing()
    {
        foreach (var system in new[] { regions.Eu, regions.Us })
        {
            using var client = system.Client("nowhere", scope: "sources.write sync.write operator");
            var problem = await client.PostAsync("api/sources", system.Source("s", new { table = "t" }), HttpStatusCode.Forbidden, Ct);
            Assert.Equal("SYNC_448", problem.GetProperty("error_code").GetString());
            Assert.Empty(await Traces.RowsAsync(system, "nowhere"));
        }
    }

    [Fact]
    public async Task What_belongs_to_no_tenant_is_answered_whatever_token_comes_with_it()
    {
        using var client = regions.Us.Client("nowhere");
        foreach (var path in new[] { "health/live", "errors/SYNC_447", "swagger/v1/swagger.json" })
        {
            using var answer = await client.GetAsync(path, Ct);
            Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        }
    }

    [Fact]
    public async Task Key_of_a_tenant_elsewhere_is_refused_as_one_that_was_made_up()
    {
        await regions.PlaceAsync("keyed", "eu");
        using var client = regions.Eu.Client("keyed", scope: "keys.write sync.read");
        var made = await client.PostAsync("api/api-keys", new { name = "k", scopes = new[] { "sync.read" }, expires_at = DateTimeOffset.UtcNow.AddDays(1) }, HttpStatusCode.Created, Ct);
        var key = made.GetProperty("key").GetString()!;
        var wrong = ApiKeyText.New("keyed");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(regions.Eu, key)).Status);
        var (theirs, madeUp) = (await SendAsync(regions.Us, key), await SendAsync(regions.Us, wrong));
        Assert.Equal((HttpStatusCode.Unauthorized, madeUp.Status, madeUp.Text), (theirs.Status, theirs.Status, theirs.Text));

        static async Task<(HttpStatusCode Status, string Text)> SendAsync(RunningSystem system, string key)
        {
            using var nobody = new HttpClient { BaseAddress = system.Address };
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/sync/jobs");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var answer = await nobody.SendAsync(request, Ct);
            return (answer.StatusCode, Bare(await answer.Content.ReadAsStringAsync(Ct)));
        }
    }

    [Theory]
    [InlineData("PUT", "api/alert-rules/error_rate", """{"condition":"error_rate","threshold":0.5}""")]
    [InlineData("PUT", "api/alert-rules/error_rate/silence", """{"minutes":5}""")]
    [InlineData("PUT", "api/alert-channels/c", """{"kind":"slack","url":"https://127.0.0.1/"}""")]
    [InlineData("POST", "api/api-keys", """{"name":"k","scopes":["sync.read"],"expires_at":"TOMORROW"}""")]
    [InlineData("PUT", "api/privacy/retention", """{"records":1}""")]
    [InlineData("POST", "api/privacy/subjects/erase", """{"value":"somebody"}""")]
    [InlineData("PUT", "api/ai/budget", """{"token_limit":1}""")]
    [InlineData("PUT", "api/label-studio/projects/7/binding", null)]
    [InlineData("PUT", "api/tenant/settings", """{"language":"zh-CN"}""")]
    [InlineData("PUT", "api/tenants/{0}/alert-rules/error_rate", """{"condition":"error_rate","threshold":0.5}""")]
    [InlineData("PUT", "api/tenants/{0}/retention", """{"records":1}""")]
    [InlineData("PUT", "api/tenants/{0}/ai-budget", """{"token_limit":1}""")]
    public async Task Change_by_a_process_that_has_not_heard_of_the_move_is_refused_and_leaves_nothing(string method, string path, string? body)
    {
        var tenant = "late-" + Guid.NewGuid().ToString("N");
        await regions.PlaceAsync(tenant, "eu");
        using var client = regions.Eu.Client(tenant, scope: "sources.write sync.read sync.write operator keys.write privacy");
        using var ops = regions.Operator(regions.Eu);
        using (var known = await client.GetAsync("api/tenant/settings", Ct)) Assert.Equal(HttpStatusCode.OK, known.StatusCode);

        // What tells other processes of a change is a trigger; without it this one hears nothing, however long the test takes.
        await using (var move = regions.Eu.Database.Superuser.CreateCommand($"SET session_replication_role = replica; UPDATE tenant_settings SET region = 'us' WHERE tenant_id = '{tenant}'; SET session_replication_role = DEFAULT"))
            Assert.Equal(1, await move.ExecuteNonQueryAsync(Ct));
        body = body?.Replace("TOMORROW", DateTimeOffset.UtcNow.AddDays(1).ToString("O"), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{0}", tenant, StringComparison.Ordinal)) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", "once");
        using var answer = await (path.StartsWith("api/tenants/", StringComparison.Ordinal) ? ops : client).SendAsync(request, Ct);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal((HttpStatusCode.MisdirectedRequest, "SYNC_447"), (answer.StatusCode, problem.GetProperty("error_code").GetString()));
        Assert.Empty((await Traces.RowsAsync(regions.Eu, tenant)).Keys.Except(["audit_log", "audit_pending", "configuration_generations", "tenant_settings"]));
    }

    [Fact]
    public async Task Webhook_at_the_wrong_region_is_answered_as_one_to_a_tenant_that_nobody_has_heard_of()
    {
        await regions.PlaceAsync("hooked", "eu");
        using var home = new WebhookClient(regions.Eu, "hooked");
        await home.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        Assert.Equal(202, (await home.SendAsync("hook", Signed())).Status);

        // Also where its source lies here all the same, with the secrets to judge by: as where a database was put back in the wrong place.
        await regions.PlaceAsync("astray", "us");
        using var astray = new WebhookClient(regions.Us, "astray");
        await astray.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        Assert.Equal(202, (await astray.SendAsync("hook", Signed())).Status);
        await TwoRegions.ForceAsync(regions.Us, "astray", "eu");

        using var sender = new WebhookClient(regions.Us, "nobody");
        var unknown = await SendAsync("never-heard-of");
        foreach (var tenant in new[] { "hooked", "astray" }) Assert.Equal((tenant, unknown), (tenant, await SendAsync(tenant)));
        Assert.Equal(401, unknown.Status);

        SignedDelivery Signed() => SignedDelivery.Sign("github", """{"id":1}"""u8.ToArray());

        async Task<(int Status, string Text)> SendAsync(string tenant)
        {
            await RunningSystem.WaitAsync("what was kept of the source to grow old", async () => (await sender.SendAsync(tenant, "hook", Signed())).Status == 401, Ct);
            var answer = await sender.SendAsync(tenant, "hook", Signed());
            return (answer.Status, Bare(answer.Text));
        }
    }

    /// <summary>An answer without what differs from one to the next.</summary>
    private static string Bare(string text)
        => string.Join(';', JsonElement.Parse(text).EnumerateObject().Where(m => m.Name is not ("correlation_id" or "timestamp")).Select(m => $"{m.Name}={m.Value.GetRawText()}"));
}
