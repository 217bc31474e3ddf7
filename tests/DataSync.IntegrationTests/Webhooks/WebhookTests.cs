using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Sources;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>The whole way of a delivery, over HTTP against the running system.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookTests(WebhookSystem system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deliveries_become_records_byte_for_byte_in_order_in_fewer_jobs_than_deliveries()
    {
        using var client = new WebhookClient(system.Running, "whole way");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        List<Guid> ids = [];
        for (var i = 0; i < 60; i++) ids.Add((await client.SendAsync("hook", SignedDelivery.Sign("github", Bytes($$"""{"n": {{i}}, "big":9007199254740993, "exact":1.10}""")))).DeliveryId);
        foreach (var id in ids) Assert.Equal("completed", (await client.EndAsync(id)).GetProperty("status").GetString());
        var jobs = await JobsAsync(client, "hook");
        Assert.True(jobs.Count < 60, $"{jobs.Count} jobs for 60 deliveries");
        List<string> lines = [];
        foreach (var job in jobs) lines.AddRange((await client.Owner.ExportAsync(job, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $$"""{"n": {{i}}, "big":9007199254740993, "exact":1.10}"""), lines);
        var first = await client.Owner.GetJsonAsync($"api/sync/jobs/{jobs[0]}", Ct);
        Assert.Equal(("push", "async", "webhook"), (first.GetProperty("source_type").GetString(), first.GetProperty("mode").GetString(), first.GetProperty("created_by").GetString()));
    }

    [Fact]
    public async Task Same_id_at_two_sources_is_two_deliveries()
    {
        using var client = new WebhookClient(system.Running, "two sources");
        foreach (var source in (string[])["a", "b"]) await client.RegisterAsync(source, SignedDelivery.Parameters("github"));
        var delivery = SignedDelivery.Sign("github", "{}"u8.ToArray(), id: "one");
        Assert.NotEqual((await client.SendAsync("a", delivery)).DeliveryId, (await client.SendAsync("b", delivery)).DeliveryId);
    }

    [Fact]
    public async Task Rotation_accepts_both_secrets_while_there_are_two_and_one_secret_is_kept_by_its_mask()
    {
        using var client = new WebhookClient(system.Running, "rotation");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("stripe", SignedDelivery.Secret));
        SignedDelivery Signed(string secret) => SignedDelivery.Sign("stripe", Bytes($$"""{"n":"{{Guid.NewGuid()}}"}"""), secret: secret);
        const string Next = "the next secret, also a long one";
        Assert.Equal(401, (await client.SendAsync("hook", Signed(Next))).Status);
        await ReplaceAsync(client, SignedDelivery.Parameters("stripe", SignedDelivery.Secret, Next));
        await RunningSystem.WaitAsync("both secrets to be known", async () => (await client.SendAsync("hook", Signed(Next))).Status == 202, Ct);
        Assert.Equal(202, (await client.SendAsync("hook", Signed(SignedDelivery.Secret))).Status);
        var shown = await client.Owner.GetJsonAsync("api/sources/hook", Ct);
        Assert.Equal("***", shown.GetProperty("connection_params").GetProperty("secrets").GetString());
        Assert.DoesNotContain(Next, await TableDump.ReadAsync(system.Running.Database, Ct), StringComparison.Ordinal);
        await ReplaceAsync(client, new { scheme = "stripe", secrets = "***", tolerance_seconds = 60 });
        Assert.Equal(202, (await client.SendAsync("hook", Signed(Next))).Status);
        await ReplaceAsync(client, SignedDelivery.Parameters("stripe", Next));
        await RunningSystem.WaitAsync("the old secret to be forgotten", async () => (await client.SendAsync("hook", Signed(SignedDelivery.Secret))).Status == 401, Ct);
        Assert.Equal(202, (await client.SendAsync("hook", Signed(Next))).Status);

        // Several signatures in a header: a sender that rolls its own secret.
        var (old, current) = (Signed("some older secret of the sender"), Signed(Next));
        var both = current.With("Stripe-Signature", current.Headers["Stripe-Signature"] + "," + old.Headers["Stripe-Signature"][(old.Headers["Stripe-Signature"].IndexOf("v1=", StringComparison.Ordinal))..]);
        Assert.Equal(202, (await client.SendAsync("hook", both)).Status);
    }

    [Fact]
    public async Task Strangers_hear_the_same_whether_tenant_and_source_exist_or_not()
    {
        using var client = new WebhookClient(system.Running, "known");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        await client.Owner.PostAsync("api/sources", system.Running.Source("database", new { table = "t" }), HttpStatusCode.Created, Ct);
        var stranger = SignedDelivery.Sign("github", "{}"u8.ToArray(), secret: "not the secret of anybody here");
        List<string> heard = [];
        foreach (var (tenant, source) in ((string, string)[])[("known", "hook"), ("known", "nothing"), ("nobody", "hook"), ("known", "database"), ("known", "~not-an-id"), ("known", new string('x', 300))])
        {
            for (var i = 0; i < 2; i++)
            {
                var answer = await client.SendAsync(tenant, source, stranger);
                Assert.Equal(401, answer.Status);
                var problem = JsonElement.Parse(answer.Text);
                heard.Add(string.Join("|", problem.EnumerateObject().Where(m => m.Name is not ("correlation_id" or "timestamp")).Select(m => m.Name + m.Value.GetRawText())));
            }
        }

        Assert.Single(heard.Distinct());
    }

    /// <summary>A wrong signature, a source that is not there and a tenant that is not there, each of them new, in turns: whoever measures cannot tell them apart.</summary>
    [Fact]
    public async Task Refusals_take_as_long_whoever_is_asked_for()
    {
        using var client = new WebhookClient(system.Running, "timed");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var stranger = SignedDelivery.Sign("github", "{}"u8.ToArray(), secret: "not the secret of anybody here");
        await client.SendAsync("timed", "hook", stranger);
        var heard = new List<double>[] { [], [], [] };
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), Ct, async (lane, ct) =>
        {
            for (var i = 0; i < 3 * 25; i++)
            {
                var which = (i + lane) % 3;
                var fresh = $"{Guid.NewGuid():n}";
                var began = TimeProvider.System.GetTimestamp();
                var answer = await client.SendAsync(which == 2 ? fresh : "timed", which == 0 ? "hook" : fresh, stranger);
                var took = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
                Assert.Equal(401, answer.Status);
                lock (heard) heard[which].Add(took);
            }
        });
        var medians = heard.Select(h => h.Order().ElementAt(h.Count / 2)).ToList();
        TestContext.Current.SendDiagnosticMessage("Refused after {0:0.00}, {1:0.00} and {2:0.00} ms", medians[0], medians[1], medians[2]);
        Assert.All(heard, h => Assert.Equal(200, h.Count));

        // timers go off by a clock of some milliseconds' grain
        Assert.All(heard, h => Assert.True(h.Min() >= 40, $"Refused after {h.Min()} ms"));
        Assert.True(medians.Max() - medians.Min() < 5, $"Medians: {string.Join(", ", medians)} ms");
    }

    /// <summary>A source that appears behind the back of those who tell of changes stays unseen: nobody looks for it again and again.</summary>
    [Fact]
    public async Task Source_that_is_not_there_is_looked_for_once_until_its_tenant_changes_something()
    {
        using var client = new WebhookClient(system.Running, "absent");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        await RenameAsync("hook", "elsewhere");
        for (var until = Environment.TickCount64 + 2500; Environment.TickCount64 < until; await Task.Delay(100, Ct)) Assert.Equal(401, await SendAsync());
        await RenameAsync("elsewhere", "hook");
        for (var until = Environment.TickCount64 + 2500; Environment.TickCount64 < until; await Task.Delay(100, Ct)) Assert.Equal(401, await SendAsync());
        await client.RegisterAsync("another", SignedDelivery.Parameters("github"));
        await RunningSystem.WaitAsync("the source to be seen", async () => await SendAsync() == 202, Ct, 20);

        async Task<int> SendAsync() => (await client.SendAsync("hook", SignedDelivery.Sign("github", Bytes($$"""{"n":"{{Guid.NewGuid()}}"}""")))).Status;

        Task RenameAsync(string from, string to) => system.ScalarAsync<string>(
            $"SET session_replication_role = replica; UPDATE data_source_configs SET source_id = '{to}' WHERE tenant_id = 'absent' AND source_id = '{from}'; SET session_replication_role = origin; SELECT '{to}'");
    }

    [Fact]
    public async Task Compressed_bodies_are_checked_as_they_come_and_expand_within_bounds()
    {
        using var client = new WebhookClient(system.Running, "gzip");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        const string Plain = """{"packed":true}""";
        var good = SignedDelivery.Sign("github", Gzip(Bytes(Plain)));
        var id = (await client.SendAsync("hook", good, encoding: "gzip")).DeliveryId;
        Assert.Equal(401, (await client.SendAsync("hook", good with { Body = Bytes(Plain) })).Status);
        Assert.Equal(401, (await client.SendAsync("hook", SignedDelivery.Sign("github", Bytes(Plain)) with { Body = Gzip(Bytes(Plain)) }, encoding: "gzip")).Status);
        var job = (await client.EndAsync(id)).GetProperty("job_id").GetGuid();
        Assert.Equal(Plain + "\n", await client.Owner.ExportAsync(job, "data.jsonl", Ct));
        var bomb = SignedDelivery.Sign("github", Gzip(new byte[200 * 1024 * 1024]));
        Assert.Equal((413, "errors.request.too_large"), Told(await client.SendAsync("hook", bomb, encoding: "gzip")));
        Assert.Equal((400, "errors.request.encoding_broken"), Told(await client.SendAsync("hook", SignedDelivery.Sign("github", "no gzip at all"u8.ToArray()), encoding: "gzip")));
        Assert.Equal((400, "errors.request.encoding_broken"), Told(await client.SendAsync("hook", SignedDelivery.Sign("github", Gzip(Bytes(Plain))[..^8]), encoding: "gzip")));
        Assert.Equal(401, (await client.SendAsync("hook", bomb with { Body = bomb.Body[..^1] }, encoding: "gzip")).Status);
    }

    [Fact]
    public async Task Bodies_of_another_kind_are_refused_and_the_largest_is_taken()
    {
        using var client = new WebhookClient(system.Running, "kinds");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var good = SignedDelivery.Sign("github", "{}"u8.ToArray());
        Assert.Equal((415, "errors.request.media_type"), Told(await client.SendAsync("hook", good, "text/plain")));
        Assert.Equal((415, "errors.request.media_type"), Told(await client.SendAsync("hook", good, "application/x-www-form-urlencoded")));
        Assert.Equal((415, "errors.request.encoding"), Told(await client.SendAsync("hook", good, encoding: "br")));
        Assert.Equal(202, (await client.SendAsync("hook", SignedDelivery.Sign("github", "{}"u8.ToArray()), "application/vnd.example+json; charset=utf-8")).Status);
        var most = SignedDelivery.Sign("github", [.. "\""u8, .. Enumerable.Repeat((byte)'x', (1024 * 1024) - 2), .. "\""u8]);
        Assert.Equal(202, (await client.SendAsync("hook", most)).Status);
    }

    [Fact]
    public async Task Records_are_found_by_their_path_and_bad_ones_quarantined()
    {
        using var client = new WebhookClient(system.Running, "schema");
        var schema = JsonElement.Parse("""
            {"type":"object","required":["id","mail"],"properties":{"id":{"type":"integer","minimum":1},"mail":{"$ref":"#/definitions/mail"}},"definitions":{"mail":{"type":"string","pattern":"^[^@]+@[^@]+$"}}}
            """);
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"), new { records_path = "data.items[?id != `99`]", schema });
        var ids = new List<Guid>();
        foreach (var body in (string[])[
            """{"data":{"items":[{"id":1,"mail":"a@b"},{"id":0,"mail":"a@b"},{"id":2,"mail":"nobody"},{"id":3},{"id":99},{"id":4,"mail":"c@d","more":1.0}]}}""",
            """{"data":"elsewhere"}""", """{"data":""", """{"data":{"items":[]}}""", """{"data":{"items":[{"id":5,"mail":"e@f"}]}}"""])
        {
            ids.Add((await client.SendAsync("hook", SignedDelivery.Sign("github", Bytes(body)))).DeliveryId);
        }

        foreach (var id in ids) Assert.Equal("completed", (await client.EndAsync(id)).GetProperty("status").GetString());
        List<(string?, string)> refused = [];
        List<string> kept = [];
        foreach (var job in await JobsAsync(client, "hook"))
        {
            kept.AddRange((await client.Owner.ExportAsync(job, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            refused.AddRange((await client.Owner.GetJsonAsync($"api/sync/jobs/{job}/rejections", Ct)).GetProperty("items").EnumerateArray().Select(r => (r.GetProperty("code").GetString(), r.GetProperty("original").GetRawText())));
        }

        Assert.Equal(["""{"id":1,"mail":"a@b"}""", """{"id":4,"mail":"c@d","more":1.0}""", """{"id":5,"mail":"e@f"}"""], kept);
        Assert.Equal(
            [("schema", """{"id":0,"mail":"a@b"}"""), ("schema", """{"id":2,"mail":"nobody"}"""), ("schema", """{"id":3}"""), ("records_path", """{"data":"elsewhere"}"""),
                ("invalid_json", $$"""{"base64":"{{Convert.ToBase64String(Bytes("""{"data":"""))}}"}""")],
            refused);
    }

    [Fact]
    public async Task Slack_challenge_is_answered_and_kept_nowhere()
    {
        using var client = new WebhookClient(system.Running, "slack");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("slack"));
        var asked = SignedDelivery.Sign("slack", """{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"""u8.ToArray());
        var answer = await client.SendAsync("hook", asked);
        Assert.Equal((200, """{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"""), (answer.Status, answer.Text));
        Assert.Equal(401, (await client.SendAsync("hook", asked.With("X-Slack-Signature", "v0=" + new string('0', 64)))).Status);
        Assert.Equal(0, await CountAsync("slack"));
    }

    [Fact]
    public async Task Pattern_that_would_be_tried_for_ever_refuses_its_record_and_holds_up_nobody()
    {
        using var client = new WebhookClient(system.Running, "patient hook");
        var schema = JsonElement.Parse("""{"properties":{"v":{"type":"string","pattern":"^(a+)+$"}}}""");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("standard-webhooks"), new { schema }, new { mode = "realtime", export_config = new { inline = true } });
        var delivery = SignedDelivery.Sign("standard-webhooks", System.Text.Encoding.UTF8.GetBytes($$"""[{"v":"{{new string('a', 60)}}!"},{"v":"aaa"}]"""));
        var answer = await client.SendAsync("hook", delivery);
        Assert.True(answer.Status == 200, answer.Text);
        var result = JsonElement.Parse(answer.Text);
        Assert.Equal("""{"v":"aaa"}""", result.GetProperty("data").EnumerateArray().Single().GetRawText());
        Assert.Single(result.GetProperty("rejections").EnumerateArray());
    }

    [Fact]
    public async Task Realtime_source_answers_with_the_result_and_keeps_nothing_of_it()
    {
        using var client = new WebhookClient(system.Running, "realtime hook");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("standard-webhooks"), new { schema = JsonElement.Parse("""{"required":["id"]}""") }, new { mode = "realtime", export_config = new { inline = true } });
        var delivery = SignedDelivery.Sign("standard-webhooks", """[{"id":1,"v":"never-to-be-kept-anywhere"},{"v":"nor-this-one-of-them"}]"""u8.ToArray(), id: "sender-id-of-the-delivery");
        var answer = await client.SendAsync("hook", delivery);
        Assert.True(answer.Status == 200, answer.Text);
        var result = JsonElement.Parse(answer.Text);
        Assert.Equal("""{"id":1,"v":"never-to-be-kept-anywhere"}""", result.GetProperty("data")[0].GetRawText());
        Assert.Equal("nor-this-one-of-them", result.GetProperty("rejections")[0].GetProperty("original").GetProperty("v").GetString());
        var repeat = await client.SendAsync("hook", delivery);
        Assert.Equal((200, result.GetProperty("job_id").GetString()), (repeat.Status, JsonElement.Parse(repeat.Text).GetProperty("job_id").GetString()));
        var shown = (await client.Owner.GetJsonAsync("api/webhooks/deliveries", Ct)).GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("completed", false, JsonValueKind.Null), (shown.GetProperty("status").GetString(), shown.GetProperty("replayable").GetBoolean(), shown.GetProperty("webhook_id").ValueKind));
        var dump = await TableDump.ReadAsync(system.Running.Database, Ct);
        foreach (var secret in (string[])["never-to-be-kept-anywhere", "nor-this-one-of-them", "sender-id-of-the-delivery"])
        {
            foreach (var spelling in TableDump.Spellings(secret)) Assert.DoesNotContain(spelling, dump, StringComparison.OrdinalIgnoreCase);
        }

        await client.Owner.PostAsync($"api/webhooks/deliveries/{shown.GetProperty("delivery_id").GetGuid()}/replay", new { }, HttpStatusCode.Conflict, Ct);

        // What fails is free for the sender's next try.
        var broken = SignedDelivery.Sign("standard-webhooks", "[{"u8.ToArray());
        Assert.Equal((422, "errors.push.not_json"), Told(await client.SendAsync("hook", broken)));
        Assert.Equal((422, "errors.push.not_json"), Told(await client.SendAsync("hook", broken)));
    }

    [Fact]
    public async Task Hybrid_source_exports_its_memory_part_and_stores_the_rest_before_it_answers()
    {
        using var client = new WebhookClient(system.Running, "hybrid hook");
        var rules = new { routing = new[] { new { when = JsonElement.Parse("""{"==":[{"var":"secret"},true]}"""), to = "realtime" } } };
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"), null, new { mode = "hybrid", output_format = "jsonl", processing_rules = rules });
        var delivery = SignedDelivery.Sign("github", """[{"secret":true,"v":"only-in-memory-please"},{"secret":false,"v":"may-be-stored"}]"""u8.ToArray());
        var id = (await client.SendAsync("hook", delivery)).DeliveryId;
        Assert.Equal(id, (await client.SendAsync("hook", delivery)).DeliveryId);
        Assert.Equal("may-be-stored", await system.ScalarAsync<string>("SELECT raw_data ->> 'v' FROM sync_data WHERE tenant_id = 'hybrid hook'"));
        var ended = await client.EndAsync(id);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(["realtime-data.jsonl", "data.jsonl", "SHA256SUMS", "manifest.json"], (await client.Owner.GetJsonAsync($"api/sync/jobs/{ended.GetProperty("job_id").GetGuid()}/exports", Ct)).GetProperty("items").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Equal(1, (await client.Owner.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").GetArrayLength());
        var dump = await TableDump.ReadAsync(system.Running.Database, Ct);
        foreach (var spelling in TableDump.Spellings("only-in-memory-please")) Assert.DoesNotContain(spelling, dump, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("may-be-stored", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delivery_is_shown_listed_and_run_again()
    {
        using var client = new WebhookClient(system.Running, "replay");
        using var stranger = system.Running.Client("stranger of replay");
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        List<Guid> ids = [];
        for (var i = 0; i < 5; i++) ids.Add((await client.SendAsync("hook", SignedDelivery.Sign("github", Bytes($$"""{"n":{{i}}}"""), id: $"github-{i}"))).DeliveryId);
        foreach (var id in ids) await client.EndAsync(id);
        var first = await client.Owner.GetJsonAsync("api/webhooks/deliveries?source_id=hook&status=completed&page_size=3", Ct);
        var rest = await client.Owner.GetJsonAsync($"api/webhooks/deliveries?source_id=hook&status=completed&page_size=3&cursor={first.GetProperty("next_cursor").GetString()}", Ct);
        Assert.Equal(Enumerable.Reverse(ids), first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(d => d.GetProperty("delivery_id").GetGuid()));
        Assert.Empty((await client.Owner.GetJsonAsync("api/webhooks/deliveries?status=failed", Ct)).GetProperty("items").EnumerateArray());
        Assert.Empty((await stranger.GetJsonAsync("api/webhooks/deliveries", Ct)).GetProperty("items").EnumerateArray());
        await stranger.GetJsonAsync($"api/webhooks/deliveries/{ids[0]}", Ct, HttpStatusCode.NotFound);
        await stranger.PostAsync($"api/webhooks/deliveries/{ids[0]}/replay", new { }, HttpStatusCode.NotFound, Ct);
        var before = await client.EndAsync(ids[0]);
        Assert.Equal("github-0", before.GetProperty("webhook_id").GetString());
        var again = await client.Owner.PostAsync($"api/webhooks/deliveries/{ids[0]}/replay", new { }, HttpStatusCode.Accepted, Ct);
        Assert.Equal(1, again.GetProperty("replays").GetInt32());
        var after = await client.EndAsync(ids[0]);
        Assert.Equal("completed", after.GetProperty("status").GetString());
        Assert.NotEqual(before.GetProperty("job_id").GetGuid(), after.GetProperty("job_id").GetGuid());
        Assert.Equal("{\"n\":0}\n", await client.Owner.ExportAsync(after.GetProperty("job_id").GetGuid(), "data.jsonl", Ct));
    }

    [Fact]
    public async Task Source_that_is_paused_deleted_or_asked_for_records_says_so()
    {
        using var client = new WebhookClient(system.Running, "odd");
        await client.RegisterAsync("paused", SignedDelivery.Parameters("github"), active: false);
        var answer = await client.SendAsync("paused", SignedDelivery.Sign("github", "{}"u8.ToArray()));
        Assert.Equal((503, "errors.webhook.paused", true), (answer.Status, answer.Key, answer.HasRetryAfter));
        Assert.Equal(401, (await client.SendAsync("paused", SignedDelivery.Sign("github", "{}"u8.ToArray(), secret: "not its secret at all"))).Status);
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        Assert.Equal("errors.webhook.sends_by_itself", (await client.Owner.PostAsync("api/sync/start", new { source_id = "hook" }, HttpStatusCode.UnprocessableEntity, Ct)).GetProperty("message_key").GetString());
        Assert.Equal("errors.webhook.sends_by_itself", (await client.Owner.PostAsync("api/sources/hook/preview", new { }, HttpStatusCode.UnprocessableEntity, Ct)).GetProperty("message_key").GetString());
        Assert.True((await client.Owner.PostAsync("api/sources/hook/test", new { }, HttpStatusCode.OK, Ct)).GetProperty("passed").GetBoolean());
        Assert.Empty((await client.Owner.GetJsonAsync("api/sources/hook/schema", Ct)).GetProperty("tables").EnumerateArray());
    }

    [Fact]
    public async Task Faults_of_a_webhook_come_all_at_once()
    {
        using var client = new WebhookClient(system.Running, "faulty hook");
        var connection = new { scheme = "hmac-sha256", secrets = new[] { "short", "***" }, template = "{timestamp}.{body}", id_header = "not a header", encoding = "rot13", tolerance_seconds = 0, surprise = 1 };
        var schema = JsonElement.Parse("""{"properties":{"a":{"$ref":"http://example.com/x"},"b":{"unevaluatedItems":false},"c":{"pattern":"(?=x)"}}}""");
        var problem = await client.Owner.PostAsync("api/sources", WebhookClient.Source("hook", connection, new { records_path = "a..b", schema, other = 1 }), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(
            [
                "/connection_params/encoding faults.one_of", "/connection_params/header faults.source.required", "/connection_params/id_header faults.webhook.header_name",
                "/connection_params/secrets/0 faults.webhook.secret", "/connection_params/secrets/1 faults.webhook.secret", "/connection_params/surprise faults.source.unknown",
                "/connection_params/timestamp_header faults.webhook.timestamp_signed", "/connection_params/tolerance_seconds faults.integer",
                "/extraction_params/other faults.read.unknown", "/extraction_params/records_path faults.jmespath.syntax",
                "/extraction_params/schema/properties/a/$ref faults.webhook.schema_reference", "/extraction_params/schema/properties/b/unevaluatedItems faults.webhook.schema_keyword",
                "/extraction_params/schema/properties/c/pattern faults.webhook.schema_pattern",
            ],
            problem.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("path").GetString()} {e.GetProperty("message_key").GetString()}").Order(StringComparer.Ordinal));
        var kept = await client.Owner.PostAsync("api/sources", WebhookClient.Source("hook", new { scheme = "github", secrets = "***" }), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Contains(kept.GetProperty("errors").EnumerateArray(), e => e.GetProperty("message_key").GetString() == "faults.secret_not_stored");
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static (int, string) Told(WebhookAnswer answer) => (answer.Status, answer.Key);

    private static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(plain);
        return packed.ToArray();
    }

    private static async Task ReplaceAsync(WebhookClient client, object connection)
    {
        using var answer = await client.Owner.PutAsJsonAsync("api/sources/hook", WebhookClient.Source("hook", connection), Ct);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>A source's jobs from the oldest to the newest.</summary>
    private static async Task<List<Guid>> JobsAsync(WebhookClient client, string source)
    {
        List<Guid> jobs = [.. (await client.Owner.GetJsonAsync($"api/sync/jobs?source_id={source}&page_size=1000", Ct)).GetProperty("items").EnumerateArray().Select(j => j.GetProperty("job_id").GetGuid())];
        foreach (var job in jobs) Assert.Equal("completed", (await client.Owner.EndAsync(job, Ct)).GetProperty("status").GetString());
        jobs.Reverse();
        return jobs;
    }

    private Task<long> CountAsync(string tenant) => system.ScalarAsync<long>($"SELECT count(*) FROM webhook_deliveries WHERE tenant_id = '{tenant}'");
}
