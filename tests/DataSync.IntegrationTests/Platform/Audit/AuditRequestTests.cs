using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Routing;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>What requests leave in the log: one entry each, with the change or not at all, and before a record is shown.</summary>
public sealed class AuditRequestTests(AuditApi api) : IClassFixture<AuditApi>
{
    private const string Secret = "a-record-nobody-may-see";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_change_leaves_one_entry_in_its_own_transaction_and_does_not_happen_without_it()
    {
        HashSet<string> seen = [];
        await ChangeAsync("tenant.settings", "", "PUT", "api/tenant/settings", """{"language":"zh-CN"}""");
        await ChangeAsync("tenant.retention", "", "PUT", "api/privacy/retention", """{"records":90}""");
        await ChangeAsync("privacy.erase", null, "POST", "api/privacy/subjects/erase", """{"value":"nobody@example.com"}""");
        await ChangeAsync("ai.budget", "", "PUT", "api/ai/budget", """{"token_limit":5}""");
        await ChangeAsync("source.create", "s", "POST", "api/sources", api.SourceBody("s"));
        await ChangeAsync("source.replace", "s", "PUT", "api/sources/s", api.SourceBody("s"));
        await ChangeAsync("schedule.set", "s", "PUT", "api/sources/s/schedule", """{"cron":"0 0 1 1 *","time_zone":"UTC"}""");
        await ChangeAsync("schedule.remove", "s", "DELETE", "api/sources/s/schedule");
        await ChangeAsync("source.reset", "s", "DELETE", "api/sources/s/state");
        var started = await ChangeAsync("sync.start", null, "POST", "api/sync/start", """{"source_id":"s"}""");
        var job = started.Json.GetProperty("job_id").GetString()!;
        Assert.Equal(job, (await api.EntriesAsync(started.CorrelationId)).Single().Target);
        await ChangeAsync("job.cancel", job, "POST", $"api/sync/jobs/{job}/cancel");
        await ChangeAsync("job.retry", job, "POST", $"api/sync/jobs/{job}/retry");
        var (completed, seq) = await api.CompletedAsync("s");
        await ChangeAsync("job.export_again", completed.ToString(), "POST", $"api/sync/jobs/{completed}/exports", """{"output_format":["csv"]}""", part: true);
        await ChangeAsync("rejections.correct", completed.ToString(), "PUT", $"api/sync/jobs/{completed}/rejections/{seq}", """{"record":{"name":"b"}}""", part: true);
        await ChangeAsync("rejections.replay", completed.ToString(), "POST", $"api/sync/jobs/{completed}/rejections/replay", """{"all":true}""", part: true);
        var delivery = Guid.NewGuid().ToString();
        await api.ExecuteAsync($"INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays, failure) VALUES ('{AuditApi.Tenant}', '{delivery}', 's', now(), 2, '\\x7b7d', 0, 'errors.internal')");
        await ChangeAsync("delivery.replay", delivery, "POST", $"api/webhooks/deliveries/{delivery}/replay");
        await ChangeAsync("project.bind", "7", "PUT", "api/label-studio/projects/7/binding");
        await ChangeAsync("project.replace", "7", "PUT", "api/label-studio/projects/7", """{"base_url":"https://labels.example.com","api_key":"0123456789abcdef"}""");
        await ChangeAsync("project.hook", "7", "POST", "api/label-studio/projects/7/hook");
        await ChangeAsync("project.delete", "7", "DELETE", "api/label-studio/projects/7", isGone: true);
        await ChangeAsync("tenant.settings", "another", "PUT", "api/tenants/another/settings", """{"limits":{"concurrent_jobs":7}}""");
        await ChangeAsync("alert_channel.replace", "c", "PUT", "api/alert-channels/c", """{"kind":"slack","url":"https://hooks.example.com/"}""");
        await ChangeAsync("alert_rule.replace", "r", "PUT", "api/alert-rules/r", """{"condition":"error_rate"}""");
        await ChangeAsync("alert_rule.silence", "r", "PUT", "api/alert-rules/r/silence", """{"minutes":5}""");
        await ChangeAsync("alert_rule.end_silence", "r", "DELETE", "api/alert-rules/r/silence", isGone: true);
        await ChangeAsync("alert_rule.delete", "r", "DELETE", "api/alert-rules/r", isGone: true);
        var (alert, notice) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await api.ExecuteAsync($"""
            INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at) VALUES ('{AuditApi.Tenant}', '{alert}', 'r', 'error_rate', '', 0, 0, 0, false, now());
            INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at) VALUES ('{AuditApi.Tenant}', '{notice}', 'c', 'alert.opened', '{alert}', 'dead', 0, now(), now())
            """);
        await ChangeAsync("alert.acknowledge", alert, "POST", $"api/alerts/{alert}/acknowledge");
        await ChangeAsync("alert_notice.retry", notice, "POST", $"api/alert-notices/{notice}/retry");
        await ChangeAsync("alert_channel.delete", "c", "DELETE", "api/alert-channels/c", isGone: true);
        var made = await ChangeAsync("api_key.create", null, "POST", "api/api-keys", KeyBody());
        var key = made.Json.GetProperty("id").GetString()!;
        Assert.Equal(key, (await api.EntriesAsync(made.CorrelationId)).Single().Target);
        await ChangeAsync("api_key.revoke", key, "DELETE", $"api/api-keys/{key}");
        await ChangeAsync("source.create", "租户/2", "POST", "api/sources", api.SourceBody("租户/2"));
        await ChangeAsync("source.delete", "租户/2", "DELETE", "api/sources/" + UrlId.Encode("租户/2"));

        // Nothing that changes anything was left out: what the endpoints say they leave is what was seen here.
        var said = api.Get<EndpointDataSource>().Endpoints.Select(e => e.Metadata.GetMetadata<AuditedRoute>())
            .Where(r => r?.Kind == AuditKind.Change).Select(r => r!.Action);
        Assert.Equal(said.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));

        async Task<AuditAnswer> ChangeAsync(string action, string? target, string method, string path, string? body = null, bool part = false, bool isGone = false)
        {
            seen.Add(action);
            var before = await api.StateAsync();
            var refused = await api.RefusingAsync(() => api.SendAsync(method, path, body));
            Assert.True(refused.Status >= 500, $"{action} went without its entry: {refused.Status} {refused.Text}");
            Assert.Equal(before, await api.StateAsync());
            Assert.Equal((action, "failed"), (await api.EntriesAsync(refused.CorrelationId)).Single() is var told ? (told.Action, told.Outcome) : default);
            var answer = await api.SendAsync(method, path, body);
            Assert.True(answer.Status < 300, $"{action}: {answer.Status} {answer.Text}");
            var entry = Assert.Single(await api.EntriesAsync(answer.CorrelationId));
            Assert.Equal((action, "succeeded", "user", "alice"), (entry.Action, entry.Outcome, entry.ActorKind, entry.Actor));
            if (target is not null) Assert.Equal(target, entry.Target);
            Assert.Equal(part, entry.Details.Contains("part", StringComparison.Ordinal));
            Assert.True(isGone || await api.ChangedAsync(entry.Transaction), $"{action} has its entry in another transaction.");
            return answer;
        }
    }

    [Fact]
    public async Task Records_are_shown_once_the_access_is_on_disk_and_not_otherwise()
    {
        if ((await api.SendAsync("POST", "api/sources", api.SourceBody("shown"))).Status != 201) Assert.Fail("no source");
        var (job, seq) = await api.CompletedAsync("shown");
        foreach (var (action, target, method, path, body) in ((string, string, string, string, string?)[])
        [
            ("records.read", job.ToString(), "GET", $"api/sync/jobs/{job}/records", null), ("rejections.read", job.ToString(), "GET", $"api/sync/jobs/{job}/rejections", null),
            ("rejections.read", job.ToString(), "GET", $"api/sync/jobs/{job}/rejections/{seq}", null), ("enrichments.read", job.ToString(), "GET", $"api/sync/jobs/{job}/enrichments", null),
            ("source.preview", "shown", "POST", "api/sources/shown/preview", "{}"), ("source.test", "shown", "POST", "api/sources/shown/test", null),
            ("source.describe", "shown", "GET", "api/sources/shown/schema", null), ("source.tracking", "shown", "GET", "api/sources/shown/tracking", null),
            ("privacy.preview", "", "POST", "api/privacy/subjects/preview", """{"value":"somebody"}"""), ("privacy.export", "", "POST", "api/privacy/subjects/export", """{"value":"somebody"}"""),
            ("audit.read", "", "GET", "api/audit", null), ("audit.export", "", "GET", "api/audit/export", null),
        ])
        {
            var refused = await api.RefusingAsync(() => api.SendAsync(method, path, body));
            Assert.Equal((503, "SYNC_410"), (refused.Status, refused.Json.GetProperty("error_code").GetString()));
            Assert.DoesNotContain(Secret, refused.Text, StringComparison.Ordinal);
            var shown = await api.SendAsync(method, path, body);
            Assert.Equal(200, shown.Status);
            if (action is "records.read" or "rejections.read" or "source.preview") Assert.Contains(Secret, shown.Text, StringComparison.Ordinal);
            var entry = Assert.Single(await api.EntriesAsync(shown.CorrelationId));
            Assert.Equal((action, "succeeded", target), (entry.Action, entry.Outcome, entry.Target));
            Assert.DoesNotContain(Secret, entry.Details, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_refused_or_changes_nothing_is_told_as_such()
    {
        var forbidden = await api.SendAsync("POST", "api/sources", api.SourceBody("no"), scope: "sync.read");
        var entry = Assert.Single(await api.EntriesAsync(forbidden.CorrelationId));
        Assert.Equal((403, "source.create", "refused", """{"status":403}"""), (forbidden.Status, entry.Action, entry.Outcome, entry.Details));
        var invalid = await api.SendAsync("POST", "api/sources", """{"source_id":"x","password":"never-to-be-told"}""");
        entry = Assert.Single(await api.EntriesAsync(invalid.CorrelationId));
        Assert.Equal(("source.create", "refused"), (entry.Action, entry.Outcome));
        Assert.DoesNotContain("never-to-be-told", entry.Details, StringComparison.Ordinal);
        var absent = await api.SendAsync("GET", $"api/sync/jobs/{Guid.NewGuid()}/records");
        entry = Assert.Single(await api.EntriesAsync(absent.CorrelationId));
        Assert.Equal((404, "records.read", "refused"), (absent.Status, entry.Action, entry.Outcome));
        var first = await api.SendAsync("POST", "api/sources", api.SourceBody("twice"), key: "k");
        var repeat = await api.SendAsync("POST", "api/sources", api.SourceBody("twice"), key: "k");
        Assert.Equal((201, 201), (first.Status, repeat.Status));
        Assert.Equal(["succeeded", "unchanged"], [(await api.EntriesAsync(first.CorrelationId)).Single().Outcome, (await api.EntriesAsync(repeat.CorrelationId)).Single().Outcome]);
        var rolledBack = await api.SendAsync("POST", "api/sources", api.SourceBody("twice"));
        Assert.Equal((409, "refused"), (rolledBack.Status, (await api.EntriesAsync(rolledBack.CorrelationId)).Single().Outcome));
    }

    [Fact]
    public async Task What_an_operator_does_to_another_tenant_is_in_that_tenants_log_and_what_is_refused_in_the_callers()
    {
        var done = await api.SendAsync("PUT", "api/tenants/other/settings", """{"language":"zh-CN"}""");
        var entry = Assert.Single(await api.EntriesAsync(done.CorrelationId));
        Assert.Equal((200, "other", "tenant.settings", "other", "succeeded", "alice"), (done.Status, entry.Tenant, entry.Action, entry.Target, entry.Outcome, entry.Actor));
        foreach (var (status, scope, body) in ((int, string, string)[])[(403, "sync.read", "{}"), (422, "operator", """{"language":"fr"}"""), (422, "operator", """{"surprise":1}""")])
        {
            var refused = await api.SendAsync("PUT", "api/tenants/other/settings", body, scope);
            entry = Assert.Single(await api.EntriesAsync(refused.CorrelationId));
            Assert.Equal((status, AuditApi.Tenant, "other", "refused"), (refused.Status, entry.Tenant, entry.Target, entry.Outcome));
        }
    }

    [Fact]
    public async Task Machine_with_an_API_key_is_told_of_by_its_key()
    {
        var made = (await api.SendAsync("POST", "api/api-keys", KeyBody())).Json;
        var silence = await api.SendAsync("PUT", "api/alert-rules/duration/silence", """{"minutes":5}""", apiKey: made.GetProperty("key").GetString());
        var entry = Assert.Single(await api.EntriesAsync(silence.CorrelationId));
        Assert.Equal((200, "alert_rule.silence", "api_key", $"api-key:{made.GetProperty("id").GetString()}"), (silence.Status, entry.Action, entry.ActorKind, entry.Actor));
    }

    [Fact]
    public async Task Jobs_leave_their_ends_and_those_nobody_asked_for_their_beginnings_but_neither_deliveries_nor_runs_that_found_nothing()
    {
        List<string> jobs = [];
        await RunAsync("read", "async", "alice", "extracted = 5, record_count = 5", "completed");
        await RunAsync("read", "async", "schedule", "extracted = 0", "completed");
        await RunAsync("read", "async", "schedule", "extracted = 5, record_count = 4, error_count = 1", "failed");
        await RunAsync("push", "realtime", "webhook", "extracted = 5", "completed");
        await RunAsync("push", "async", "webhook", "extracted = 5", "completed");
        await RunAsync("read", "async", "alice", "extracted = 0", "cancelled");
        await using var read = api.Database.Superuser.CreateCommand("SELECT array_agg(n || ' ' || action || ' ' || outcome ORDER BY n, id), max(details) FILTER (WHERE n = 3 AND action = 'job.end') FROM audit_pending, unnest($1::text[]) WITH ORDINALITY j(target_id, n) WHERE target = target_id");
        read.Parameters.Add(new() { Value = jobs.ToArray() });
        await using var rows = await read.ExecuteReaderAsync(Ct);
        Assert.True(await rows.ReadAsync(Ct));
        Assert.Equal(["1 job.end succeeded", "3 job.start succeeded", "3 job.end failed", "5 job.start succeeded", "5 job.end succeeded", "6 job.end cancelled"], rows.GetFieldValue<string[]>(0));
        Assert.Equal("""{"source_id" : "j", "created_by" : "schedule", "mode" : "async", "records" : 4, "rejected" : 1}""", rows.GetString(1));

        async Task RunAsync(string type, string mode, string by, string progress, string status)
        {
            var job = (await new TestJobs(api.Database).RunningAsync(AuditApi.Tenant, "j", new SyncPlan(), Ct)).JobId;
            jobs.Add(job.ToString());
            await api.ExecuteAsync($"UPDATE sync_jobs SET source_type = '{type}', mode = '{mode}', created_by = '{by}' WHERE id = '{job}'");
            await api.ExecuteAsync($"UPDATE sync_jobs SET {progress} WHERE id = '{job}'");
            await api.ExecuteAsync($"UPDATE sync_jobs SET status = '{status}', completed_at = now() WHERE id = '{job}'");
        }
    }

    [Fact]
    public async Task Log_is_read_by_page_and_filter_and_whoever_has_the_export_can_verify_it()
    {
        for (var i = 0; i < 4; i++) Assert.Equal(201, (await api.SendAsync("POST", "api/sources", api.SourceBody($"log-{i}"))).Status);
        await AuditRig.SealAllAsync(api.Database, Ct);
        var page = (await api.SendAsync("GET", "api/audit?action=source.create&target=log-1&actor=alice")).Json;
        var item = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal(("source.create", "log-1", "succeeded", JsonValueKind.Object), (item.GetProperty("action").GetString(), item.GetProperty("target").GetString(), item.GetProperty("outcome").GetString(), item.GetProperty("details").ValueKind));
        var first = (await api.SendAsync("GET", "api/audit?page_size=2")).Json;
        var second = (await api.SendAsync("GET", $"api/audit?page_size=2&cursor={Uri.EscapeDataString(first.GetProperty("next_cursor").GetString()!)}")).Json;
        var numbers = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(e => e.GetProperty("sequence").GetInt64()).ToList();
        Assert.Equal(numbers[0] - 3, numbers[^1]);
        Assert.Empty((await api.SendAsync("GET", "api/audit?to=2020-01-01T00:00:00Z")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal(422, (await api.SendAsync("GET", "api/audit?from=yesterday")).Status);
        Assert.Equal(403, (await api.SendAsync("GET", "api/audit", scope: "sync.read sync.write sources.write operator")).Status);

        var lines = (await api.SendAsync("GET", "api/audit/export")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l)).ToList();
        var previous = new byte[32];
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.Equal(i + 1, lines[i].GetProperty("sequence").GetInt64());
            previous = Hash(lines[i], previous);
            Assert.Equal(Convert.ToHexStringLower(previous), lines[i].GetProperty("hash").GetString());
        }

        await using var connection = await api.Database.Sources.System.OpenConnectionAsync(Ct);
        Assert.True(lines.Count >= 4);
        Assert.Null((await AuditChain.VerifyAsync(connection, AuditApi.Tenant, [new AuditHead(AuditApi.Tenant, lines.Count, previous)], [], Ct)).Fault);
    }

    private static string KeyBody() => JsonSerializer.Serialize(new { name = "k", scopes = new[] { "sync.write" }, expires_at = DateTimeOffset.UtcNow.AddDays(1) });

    /// <summary>By the documentation alone.</summary>
    private static byte[] Hash(JsonElement line, byte[] previous)
    {
        using var bytes = new MemoryStream();
        bytes.Write("datasync-audit-words/1"u8);
        bytes.Write(Convert.FromHexString(line.GetProperty("salt").GetString()!));
        foreach (var name in (string[])["actor", "client", "target", "details"]) Text(name);
        var words = SHA256.HashData(bytes.ToArray());
        Assert.Equal(Convert.ToHexStringLower(words), line.GetProperty("digest").GetString());
        bytes.SetLength(0);
        bytes.Write("datasync-audit/1"u8);
        Text("tenant_id");
        Number(line.GetProperty("sequence").GetInt64());
        Number((line.GetProperty("time").GetDateTime().Ticks - DateTime.UnixEpoch.Ticks) / 10);
        foreach (var name in (string[])["actor_kind", "action", "target_kind", "outcome", "correlation_id"]) Text(name);
        bytes.Write(words);
        bytes.Write(previous);
        return SHA256.HashData(bytes.ToArray());

        void Text(string name)
        {
            var text = line.GetProperty(name).GetString() is { } given ? Encoding.UTF8.GetBytes(given) : null;
            bytes.Write(BitConverter.GetBytes(text is null ? -1 : text.Length).Reverse().ToArray());
            bytes.Write(text);
        }

        void Number(long number) => bytes.Write(BitConverter.GetBytes(number).Reverse().ToArray());
    }
}
