using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Alerts over HTTP: a breach is told by every way there is, once, and that it is over; what a receiver does not take comes again; jobs that end are told of.</summary>
[Collection(nameof(WholeSystem))]
public sealed class AlertTests(EndToEndTests.System system)
{
    private const string Scopes = "sources.write sync.read sync.write operator";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Breach_is_told_once_by_every_channel_in_its_language_and_again_when_it_is_over()
    {
        using var client = system.Running.Client("breached", Scopes);
        var hook = await PutAsync(client, "channels/hook", new { kind = "webhook", url = system.Told.Posts.Url + "/hook" });
        var secret = hook.GetProperty("secret").GetString()!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        await PutAsync(client, "channels/slack", new { kind = "slack", url = system.Told.Posts.Url + "/slack-secret-path", language = "zh-CN" });
        await PutAsync(client, "channels/mail", new { kind = "email", recipients = new[] { "ops@example.com" }, events = new[] { "alert.opened" } });
        await FailAsync(client);
        await WaitAsync("the alert to be told", () => system.Told.Posts.At("/hook").Count >= 1 && system.Told.Posts.At("/slack-secret-path").Count >= 1 && Mails("ops@example.com").Count >= 1);
        var alert = Assert.Single((await client.GetJsonAsync("api/alerts?status=open", Ct)).GetProperty("items").EnumerateArray());
        Assert.Equal(("error_rate", 1.0, 0.1, 300), (alert.GetProperty("condition").GetString(), alert.GetProperty("value").GetDouble(), alert.GetProperty("threshold").GetDouble(), alert.GetProperty("window_seconds").GetInt32()));
        var told = JsonElement.Parse(Verified(system.Told.Posts.At("/hook").Single(), secret));
        Assert.Equal(("alert.opened", alert.GetProperty("alert_id").GetString(), alert.GetProperty("message").GetString()),
            (told.GetProperty("type").GetString(), told.GetProperty("data").GetProperty("alert_id").GetString(), told.GetProperty("message").GetString()));
        Assert.Contains("失败", JsonElement.Parse(system.Told.Posts.At("/slack-secret-path").Single().Body).GetProperty("text").GetString(), StringComparison.Ordinal);
        var mail = Mails("ops@example.com").Single();
        Assert.Equal(("alerts@datasync.example", alert.GetProperty("message").GetString()), (mail.From.Mailboxes.Single().Address, mail.TextBody!.Trim()));

        // It goes on, and nobody is told again; then the rule is given up, and it is over.
        await FailAsync(client);
        await Task.Delay(TimeSpan.FromSeconds(2.5), Ct);
        Assert.Equal((1, 1, 1), (system.Told.Posts.At("/hook").Count, system.Told.Posts.At("/slack-secret-path").Count, Mails("ops@example.com").Count));
        var id = alert.GetProperty("alert_id").GetString();
        var acknowledged = await client.PostAsync($"api/alerts/{id}/acknowledge", new { }, HttpStatusCode.OK, Ct);
        Assert.NotEqual(JsonValueKind.Null, acknowledged.GetProperty("acknowledged_at").ValueKind);
        Assert.Equal(acknowledged.GetProperty("acknowledged_at").GetString(), (await client.PostAsync($"api/alerts/{id}/acknowledge", new { }, HttpStatusCode.OK, Ct)).GetProperty("acknowledged_at").GetString());
        await PutAsync(client, "rules/error_rate", new { condition = "error_rate", enabled = false });
        await WaitAsync("its end to be told", () => system.Told.Posts.At("/hook").Count >= 2 && system.Told.Posts.At("/slack-secret-path").Count >= 2);
        Assert.Equal("alert.over", JsonElement.Parse(Verified(system.Told.Posts.At("/hook")[1], secret)).GetProperty("type").GetString());
        Assert.Equal("over", (await client.GetJsonAsync($"api/alerts/{id}", Ct)).GetProperty("status").GetString());
        Assert.Single(Mails("ops@example.com"));
        Assert.Empty((await client.GetJsonAsync("api/alert-notices?state=pending", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task What_a_receiver_does_not_take_comes_again_under_the_same_id_and_what_is_gone_lies_dead_until_it_is_revived()
    {
        using var client = system.Running.Client("persistent", Scopes);
        system.Told.Posts.Answer("/flaky", 503);
        system.Told.Posts.Answer("/gone", 410);
        system.Told.Posts.Answer("/moved", 302, 410);
        foreach (var path in (string[])["flaky", "gone", "moved"]) await PutAsync(client, $"channels/{path}", new { kind = "webhook", url = $"{system.Told.Posts.Url}/{path}", events = "job.completed" });
        await CompleteAsync(client);
        await WaitAsync("the flaky one to take it, and the gone one to be given up", () => system.Told.Posts.At("/flaky").Count == 2 && system.Told.Posts.At("/gone").Count == 1 && system.Told.Posts.At("/moved").Count == 2);
        Assert.Single(system.Told.Posts.At("/flaky").Select(r => r.Id).Distinct(StringComparer.Ordinal));
        Assert.Empty(system.Told.Posts.At("/redirected"));
        List<JsonElement> dead = [];
        await RunningSystem.WaitAsync("dead letters", async () => (dead = [.. (await client.GetJsonAsync("api/alert-notices?state=dead", Ct)).GetProperty("items").EnumerateArray()]).Count == 2, Ct);
        var gone = dead.Single(n => n.GetProperty("channel_id").GetString() == "gone");
        Assert.Equal(("job.completed", 1, "SYNC_332"), (gone.GetProperty("event").GetString(), gone.GetProperty("attempts").GetInt32(), gone.GetProperty("error_code").GetString()));
        Assert.Contains("410", gone.GetProperty("message").GetString(), StringComparison.Ordinal);
        await client.PostAsync($"api/alert-notices/{gone.GetProperty("notice_id").GetString()}/retry", new { }, HttpStatusCode.OK, Ct);
        await WaitAsync("the revived one to arrive", () => system.Told.Posts.At("/gone").Count == 2);
    }

    [Fact]
    public async Task Recipient_that_is_refused_is_tried_again_alone_and_the_others_have_their_mail_once()
    {
        using var client = system.Running.Client("partly", Scopes);
        await PutAsync(client, "channels/team", new { kind = "email", recipients = new[] { "first@partly.example", "refused@partly.example", "last@partly.example" }, events = new[] { "job.completed" } });
        await CompleteAsync(client);
        HashSet<string> codes = [];
        await RunningSystem.WaitAsync("the refused one to be tried again alone", async () =>
        {
            foreach (var notice in (await client.GetJsonAsync("api/alert-notices", Ct)).GetProperty("items").EnumerateArray())
            {
                if (notice.GetProperty("error_code").GetString() is { } code) codes.Add(code);
            }

            return codes.Contains("SYNC_333");
        }, Ct);
        Assert.Equal(["SYNC_333", "SYNC_454"], codes.Order(StringComparer.Ordinal));
        Assert.Equal((1, 1), (Mails("first@partly.example").Count, Mails("last@partly.example").Count));
    }

    [Fact]
    public async Task Tenant_is_told_when_a_job_has_ended_and_how()
    {
        using var client = system.Running.Client("told", Scopes);
        var made = await PutAsync(client, "channels/jobs", new { kind = "webhook", url = system.Told.Posts.Url + "/jobs", events = new[] { "job.completed", "job.failed" } });
        var (completed, failed) = (await CompleteAsync(client), await FailAsync(client));
        await WaitAsync("both jobs to be told", () => system.Told.Posts.At("/jobs").Count >= 2);
        var told = system.Told.Posts.At("/jobs").Select(r => JsonElement.Parse(Verified(r, made.GetProperty("secret").GetString()!))).ToDictionary(m => m.GetProperty("data").GetProperty("job_id").GetGuid());
        Assert.Equal(("job.completed", 100), (told[completed].GetProperty("type").GetString(), told[completed].GetProperty("data").GetProperty("record_count").GetInt32()));
        Assert.Equal(("job.failed", "failed"), (told[failed].GetProperty("type").GetString(), told[failed].GetProperty("data").GetProperty("status").GetString()));
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public async Task Channel_is_tried_out_and_told_why_it_fails()
    {
        using var client = system.Running.Client("trying", Scopes);
        await PutAsync(client, "channels/good", new { kind = "webhook", url = system.Told.Posts.Url + "/good" });
        Assert.True((await client.PostAsync("api/alert-channels/good/test", new { }, HttpStatusCode.OK, Ct)).GetProperty("delivered").GetBoolean());
        system.Told.Posts.Answer("/bad", 500);
        await PutAsync(client, "channels/bad", new { kind = "slack", url = system.Told.Posts.Url + "/bad" });
        Assert.Equal("errors.alert.refused", (await client.PostAsync("api/alert-channels/bad/test", new { }, HttpStatusCode.BadGateway, Ct)).GetProperty("message_key").GetString());
        await PutAsync(client, "channels/inside", new { kind = "webhook", url = "https://10.0.0.1/hook" });
        Assert.Equal("errors.connection.egress_denied", (await client.PostAsync("api/alert-channels/inside/test", new { }, HttpStatusCode.UnprocessableEntity, Ct)).GetProperty("message_key").GetString());
        await PutAsync(client, "channels/nobody", new { kind = "email", recipients = new[] { "refused@example.com" } });
        var refused = await client.PostAsync("api/alert-channels/nobody/test", new { }, HttpStatusCode.BadGateway, Ct);
        Assert.Equal("errors.alert.mail_refused", refused.GetProperty("message_key").GetString());
        Assert.DoesNotContain("no such user", refused.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_and_secrets_never_come_back_and_masks_keep_them_for_the_same_address_alone()
    {
        using var client = system.Running.Client("masked", Scopes);
        var secret = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
        await PutAsync(client, "channels/c", new { kind = "webhook", url = system.Told.Posts.Url + "/first-canary", secret });
        await PutAsync(client, "channels/c", new { kind = "webhook", url = "***", secret = "***", events = "job.failed" });
        await client.PostAsync("api/alert-channels/c/test", new { }, HttpStatusCode.OK, Ct);
        Verified(system.Told.Posts.At("/first-canary").Single(), secret);
        foreach (var text in (string[])[(await client.GetJsonAsync("api/alert-channels", Ct)).GetRawText(), (await client.GetJsonAsync("api/alert-channels/c", Ct)).GetRawText()])
        {
            Assert.DoesNotContain("first-canary", text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
            Assert.Contains("127.0.0.1", text, StringComparison.Ordinal);
        }

        using var elsewhere = await client.PutAsJsonAsync("api/alert-channels/c", new { kind = "webhook", url = system.Told.Posts.Url + "/second", secret = "***" }, Ct);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, elsewhere.StatusCode);
        await using var stored = system.Running.Database.Superuser.CreateCommand("SELECT count(*) FROM alert_channels WHERE position('first-canary'::bytea IN target) > 0");
        Assert.Equal(0L, await stored.ExecuteScalarAsync(Ct));
        Assert.All(system.Running.Processes, p => Assert.All(["first-canary", secret, MailReceiver.Password], hidden => Assert.DoesNotContain(hidden, p.Log, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("channels/c", """{"kind":"webhook"}""", "/url")]
    [InlineData("channels/c", """{"kind":"webhook","url":"http://example.com/"}""", "/url")]
    [InlineData("channels/c", """{"kind":"webhook","url":"https://a:b@example.com/"}""", "/url")]
    [InlineData("channels/c", """{"kind":"webhook","url":"https://example.com/","secret":"whsec_c2hvcnQ="}""", "/secret")]
    [InlineData("channels/c", """{"kind":"slack","url":"https://example.com/","recipients":["a@example.com"]}""", "/recipients")]
    [InlineData("channels/c", """{"kind":"email","recipients":["a@example.com","b@example.com\r\nBcc: c@example.com"]}""", "/recipients/1")]
    [InlineData("channels/c", """{"kind":"email","recipients":["Anna <a@example.com>"]}""", "/recipients/0")]
    [InlineData("channels/c", """{"kind":"pigeon"}""", "/kind")]
    [InlineData("channels/c", """{"kind":"slack","url":"https://example.com/","events":["alert.nothing"]}""", "/events/0")]
    [InlineData("channels/a%20b", """{"kind":"slack","url":"https://example.com/"}""", "path/channel_id")]
    [InlineData("rules/r", """{"condition":"memory"}""", "/condition")]
    [InlineData("rules/duration", """{"condition":"error_rate"}""", "/condition")]
    [InlineData("rules/memory", """{"condition":"error_rate"}""", "/condition")]
    [InlineData("rules/r", """{"condition":"error_rate","threshold":1.5}""", "/threshold")]
    [InlineData("rules/r", """{"condition":"duration","window_seconds":60}""", "/window_seconds")]
    [InlineData("rules/r", """{"condition":"budget","source_id":"s"}""", "/source_id")]
    [InlineData("rules/error_rate/silence", """{"minutes":0}""", "/minutes")]
    public async Task Wrong_rules_and_channels_are_refused_by_name(string path, string body, string fault)
    {
        using var client = system.Running.Client("wrong", Scopes);
        using var answer = await client.PutAsync($"api/alert-{path}", new StringContent(body, Encoding.UTF8, "application/json"), Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.UnprocessableEntity, text);
        Assert.Contains(fault, JsonElement.Parse(text).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Rules_that_hold_are_the_built_in_ones_until_the_tenant_puts_its_own_in_their_place()
    {
        using var client = system.Running.Client("ruling", Scopes);
        Assert.Equal(["budget", "duration", "error_rate", "slot_lag", "stale_source", "webhook_failures"], await RulesAsync());
        var changed = await PutAsync(client, "rules/duration", new { condition = "duration", threshold = 60 });
        Assert.Equal((false, 60.0), (changed.GetProperty("built_in").GetBoolean(), changed.GetProperty("threshold").GetDouble()));
        await PutAsync(client, "rules/orders", new { condition = "error_rate", threshold = 0.5, source_id = "orders", channels = new[] { "c" } });
        Assert.Equal(["budget", "duration", "error_rate", "orders", "slot_lag", "stale_source", "webhook_failures"], await RulesAsync());
        await PutAsync(client, "rules/orders/silence", new { minutes = 5 });
        Assert.NotEqual(JsonValueKind.Null, (await client.GetJsonAsync("api/alert-rules/orders", Ct)).GetProperty("silenced_until").ValueKind);
        using var end = await client.DeleteAsync("api/alert-rules/orders/silence", Ct);
        Assert.Equal(HttpStatusCode.NoContent, end.StatusCode);
        using var delete = await client.DeleteAsync("api/alert-rules/duration", Ct);
        Assert.Equal(HttpStatusCode.NoContent, delete.StatusCode);
        Assert.Equal(900, (await client.GetJsonAsync("api/alert-rules/duration", Ct)).GetProperty("threshold").GetDouble());
        using var again = await client.DeleteAsync("api/alert-rules/duration", Ct);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        using var stranger = system.Running.Client("stranger", Scopes);
        await stranger.GetJsonAsync("api/alert-rules/orders", Ct, HttpStatusCode.NotFound);

        async Task<string?[]> RulesAsync() => [.. (await client.GetJsonAsync("api/alert-rules", Ct)).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("rule_id").GetString())];
    }

    [Fact]
    public async Task Operator_sets_shows_and_deletes_the_rules_of_a_tenant_that_is_not_its_own()
    {
        using var ops = system.Running.Client("ruling-ops", scope: "operator");
        using var tenant = system.Running.Client("ruled", Scopes);
        const string Rules = "api/tenants/ruled/alert-rules";
        using (var set = await ops.PutAsync(Rules + "/duration", new StringContent("""{"condition":"duration","threshold":60}""", Encoding.UTF8, "application/json"), Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal(60, (await tenant.GetJsonAsync("api/alert-rules/duration", Ct)).GetProperty("threshold").GetDouble());
        Assert.Equal((await tenant.GetJsonAsync("api/alert-rules", Ct)).GetRawText(), (await ops.GetJsonAsync(Rules, Ct)).GetRawText());
        using (var wrong = await ops.PutAsync(Rules + "/memory", new StringContent("""{"condition":"error_rate"}""", Encoding.UTF8, "application/json"), Ct)) Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using (var deleted = await ops.DeleteAsync(Rules + "/duration", Ct)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(900, (await tenant.GetJsonAsync("api/alert-rules/duration", Ct)).GetProperty("threshold").GetDouble());
        await using var told = system.Running.Database.Superuser.CreateCommand(
            "SELECT string_agg(DISTINCT tenant_id || ' ' || action, ', ' ORDER BY tenant_id || ' ' || action) FROM (SELECT tenant_id, action, outcome FROM audit_log UNION ALL SELECT tenant_id, action, outcome FROM audit_pending) a WHERE action LIKE 'alert_rule.%' AND tenant_id IN ('ruled', 'ruling-ops') AND outcome = 'succeeded'");
        Assert.Equal("ruled alert_rule.delete, ruled alert_rule.replace", await told.ExecuteScalarAsync(Ct));
    }

    [Theory]
    [InlineData("retention", "api/privacy/retention", """{"records":17}""", "records", "tenant.retention")]
    [InlineData("ai-budget", "api/ai/usage", """{"token_limit":17}""", "token_limit", "ai.budget")]
    public async Task Operator_sets_what_holds_for_a_tenant_that_is_not_its_own(string path, string own, string body, string member, string action)
    {
        using var ops = system.Running.Client("setting-ops", scope: "operator");
        using var tenant = system.Running.Client("set", "sync.read privacy");
        using (var set = await ops.PutAsync($"api/tenants/set/{path}", new StringContent(body, Encoding.UTF8, "application/json"), Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal(17, (await tenant.GetJsonAsync(own, Ct)).GetProperty(member).GetInt32());
        Assert.Equal(17, (await ops.GetJsonAsync($"api/tenants/set/{path}", Ct)).GetProperty(member).GetInt32());
        Assert.Equal(JsonValueKind.Null, (await ops.GetJsonAsync($"api/tenants/other-than-set/{path}", Ct)).GetProperty(member).ValueKind);
        await tenant.GetJsonAsync($"api/tenants/set/{path}", Ct, HttpStatusCode.Forbidden);
        await using var told = system.Running.Database.Superuser.CreateCommand(
            $"SELECT string_agg(DISTINCT tenant_id, ', ') FROM (SELECT tenant_id, action, outcome FROM audit_log UNION ALL SELECT tenant_id, action, outcome FROM audit_pending) a WHERE action = '{action}' AND tenant_id IN ('set', 'setting-ops') AND outcome = 'succeeded'");
        Assert.Equal("set", await told.ExecuteScalarAsync(Ct));
    }

    private static async Task<JsonElement> PutAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PutAsJsonAsync($"api/alert-{path}", body, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>The body, once its signature was found to be what Standard Webhooks asks for.</summary>
    private static byte[] Verified(Received received, string secret)
    {
        var signed = Encoding.UTF8.GetBytes($"{received.Id}.{received.Timestamp}.").Concat(received.Body).ToArray();
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed)), received.Signature);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(received.Timestamp!, System.Globalization.CultureInfo.InvariantCulture)), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        return received.Body;
    }

    private async Task<Guid> CompleteAsync(HttpClient client) => await RunAsync(client, "good", "SELECT id FROM things WHERE id <= 100", "completed");

    private async Task<Guid> FailAsync(HttpClient client) => await RunAsync(client, "bad", "SELECT 1 / (id - 1) AS x FROM things", "failed");

    private async Task<Guid> RunAsync(HttpClient client, string source, string query, string expected)
    {
        using var made = await client.PostAsJsonAsync("api/sources", system.Running.Source(source, new { query }), Ct);
        Assert.Contains(made.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
        var job = await client.EndAsync(await client.StartAsync(new { source_id = source, output_format = "jsonl" }, Ct), Ct);
        Assert.Equal(expected, job.GetProperty("status").GetString());
        return job.GetProperty("job_id").GetGuid();
    }

    private List<MimeKit.MimeMessage> Mails(string to) => [.. system.Told.Mail.Mails.Where(m => m.To.Mailboxes.Any(a => a.Address == to))];

    private static Task WaitAsync(string what, Func<bool> condition) => RunningSystem.WaitAsync(what, () => Task.FromResult(condition()), Ct);
}
