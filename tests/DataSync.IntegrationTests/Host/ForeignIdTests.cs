using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Webhooks;

namespace DataSync.IntegrationTests.Host;

/// <summary>Every route of the API document with another tenant's ids: 404, same as absent. A new route is in it without anybody remembering.</summary>
[Collection(nameof(WholeSystem))]
public sealed class ForeignIdTests(EndToEndTests.System system)
{
    private const string Scopes = "sources.write sync.read sync.write keys.write privacy operator";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_answers_404_to_another_tenants_ids()
    {
        using var owner = system.Running.Client("owner", Scopes);
        await owner.PostAsync("api/sources", system.Running.Source("s1", new { table = "things" }), HttpStatusCode.Created, Ct);
        var job = await owner.StartAsync(new { source_id = "s1", output_format = "jsonl" }, Ct);
        await owner.EndAsync(job, Ct);
        using var hook = new WebhookClient(system.Running, "owner");
        await hook.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var delivery = (await hook.SendAsync("hook", SignedDelivery.Sign("github", "{}"u8.ToArray()))).DeliveryId;
        using (var project = await owner.PutAsJsonAsync("api/label-studio/projects/12", new { base_url = "https://labels.example", api_key = "key" }, Ct)) Assert.Equal(HttpStatusCode.OK, project.StatusCode);
        using var operatorOfOwner = system.Running.Client("owner", "operator sources.write");
        using (var rule = await operatorOfOwner.PutAsJsonAsync("api/alert-rules/r1", new { condition = "error_rate" }, Ct)) Assert.Equal(HttpStatusCode.OK, rule.StatusCode);
        using (var channel = await operatorOfOwner.PutAsJsonAsync("api/alert-channels/c1", new { kind = "slack", url = "https://hooks.example.com/" }, Ct)) Assert.Equal(HttpStatusCode.OK, channel.StatusCode);
        var (alert, notice) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var make = system.Running.Database.Superuser.CreateCommand($"""
            INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at, over_at) VALUES ('owner', '{alert}', 'r1', 'error_rate', '', 0, 0, 0, false, now(), now());
            INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at) VALUES ('owner', '{notice}', 'c1', 'alert.opened', '{alert}', 'dead', 0, now(), now())
            """)) await make.ExecuteNonQueryAsync(Ct);
        var key = (await owner.PostAsync("api/api-keys", new { name = "k", scopes = new[] { "sync.read" }, expires_at = DateTimeOffset.UtcNow.AddDays(1) }, HttpStatusCode.Created, Ct)).GetProperty("id").GetGuid();
        var erasure = (await owner.PostAsync("api/privacy/subjects/erase", new { value = "nobody@example.com" }, HttpStatusCode.Accepted, Ct)).GetProperty("request_id").GetGuid();
        using var stranger = system.Running.Client("stranger", Scopes);
        var document = await stranger.GetJsonAsync("swagger/v1/swagger.json", Ct);
        List<string> wrong = [];
        var tried = 0;
        foreach (var path in document.GetProperty("paths").EnumerateObject().Where(p => p.Name.StartsWith("/api/", StringComparison.Ordinal) && p.Name.Contains('{', StringComparison.Ordinal) && !p.Name.Contains("{tenant_id}", StringComparison.Ordinal)))
        {
            var url = path.Name.Replace("{source_id}", "s1", StringComparison.Ordinal).Replace("{job_id}", job.ToString(), StringComparison.Ordinal).Replace("{name}", "data.jsonl", StringComparison.Ordinal).Replace("{file_name}", "data.jsonl", StringComparison.Ordinal)
                .Replace("{delivery_id}", delivery.ToString(), StringComparison.Ordinal).Replace("{project_id}", "12", StringComparison.Ordinal).Replace("{seq}", "1", StringComparison.Ordinal).Replace("{link}", "none", StringComparison.Ordinal)
                .Replace("{key_id}", key.ToString(), StringComparison.Ordinal).Replace("{rule_id}", "r1", StringComparison.Ordinal).Replace("{channel_id}", "c1", StringComparison.Ordinal).Replace("{alert_id}", alert.ToString(), StringComparison.Ordinal).Replace("{notice_id}", notice.ToString(), StringComparison.Ordinal)
                .Replace("{request_id}", erasure.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain('{', url);
            foreach (var operation in path.Value.EnumerateObject().Where(o => o.Name is "get" or "put" or "post" or "delete"))
            {
                // a number of a project, and the names of rules and channels, are no tenant's: each makes its own of them, when everything else was tried
                if (operation.Name == "put" && (url.StartsWith("/api/label-studio/projects/", StringComparison.Ordinal) || url is "/api/alert-rules/r1" or "/api/alert-channels/c1")) continue;
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name), url[1..]);
                if (operation.Value.TryGetProperty("requestBody", out _))
                    request.Content = JsonContent.Create(url switch
                    {
                        _ when url.EndsWith("/s1", StringComparison.Ordinal) => system.Running.Source("s1", new { table = "things" }),
                        _ when url.EndsWith("/rejections/replay", StringComparison.Ordinal) => new { all = true },
                        _ when url.EndsWith("/rejections/1", StringComparison.Ordinal) => new { record = new { amount = 1 } },
                        _ when url.EndsWith("/silence", StringComparison.Ordinal) => new { minutes = 5 },
                        _ when url.EndsWith("/schedule", StringComparison.Ordinal) => new { continuous = true },
                        _ => new { },
                    });
                using var answer = await stranger.SendAsync(request, Ct);
                tried++;
                if (answer.StatusCode != HttpStatusCode.NotFound) wrong.Add($"{operation.Name} {path.Name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
            }
        }

        Assert.Empty(wrong);
        Assert.True(tried >= 12, $"only {tried} operations tried");
        using var start = await stranger.PostAsJsonAsync("api/sync/start", new { source_id = "s1" }, Ct);
        Assert.Equal(HttpStatusCode.NotFound, start.StatusCode);
        Assert.Equal("completed", (await owner.GetJsonAsync($"api/sync/jobs/{job}", Ct)).GetProperty("status").GetString());
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
