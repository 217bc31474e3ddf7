using System.Globalization;
using System.Text.Json;
using DataSync.IntegrationTests.Sources;
using DataSync.Platform.Authentication.ApiKeys;

namespace DataSync.IntegrationTests.Platform.Authentication;

public sealed class ApiKeyTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    private const string Every = "keys.write sync.read sync.write sources.write";

    /// <summary>What a key may look like that opens nothing, made of a good one of tenant <c>bad</c>.</summary>
    private static readonly Dictionary<string, Func<string, (string, string)[]>> Bad = new(StringComparer.Ordinal)
    {
        ["prefix alone"] = _ => Bearer("dsk_"),
        ["cut"] = key => Bearer(key[..^1]),
        ["longer"] = key => Bearer(key + "0"),
        ["another character"] = key => Bearer(key[..^20] + (key[^20] == 'a' ? 'b' : 'a') + key[^19..]),
        ["another secret, its checksum right"] = _ => Bearer(ApiKeyText.New("bad")),
        ["another tenant's name before the secret, its checksum right"] = key => Bearer(ApiKeyText.WithChecksum("dsk_b3RoZXI_" + key[^49..^6])),
        ["a tenant that never was"] = _ => Bearer(ApiKeyText.New("nobody " + Guid.NewGuid())),
        ["in lower case"] = key => Bearer(key.ToLowerInvariant()),
        ["its hash"] = key => Bearer("dsk_" + Convert.ToHexStringLower(ApiKeyText.HashOf(key))),
        ["two of them"] = key => [("X-Api-Key", key), ("X-Api-Key", key)],
        ["in both headers"] = key => [("X-Api-Key", key), ("Authorization", "Bearer " + key)],
        ["as Basic"] = key => [("Authorization", "Basic " + key)],
        ["in an empty header"] = _ => [("X-Api-Key", "")],
        ["a word"] = _ => [("X-Api-Key", "secret")],
        ["quoted"] = key => [("X-Api-Key", $"\"{key}\"")],
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Bad.Keys];

    [Fact]
    public async Task Key_opens_what_its_scopes_allow_to_its_tenant_alone()
    {
        await api.SendAsync("k1", HttpMethod.Put, "/api/tenant/settings", """{"language":"zh-CN"}""", scope: "operator");
        var made = await MakeAsync("k1", """["sync.read"]""");
        Assert.Equal(201, made.Status);
        Assert.DoesNotContain("key_hash", made.Text, StringComparison.Ordinal);
        var key = made.Json.GetProperty("key").GetString()!;
        foreach (var shown in new[] { Bearer(key), [("X-Api-Key", key)], [("Authorization", "bearer  " + key)] })
        {
            var settings = await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, shown);
            Assert.Equal((200, "zh-CN"), (settings.Status, settings.Json.GetProperty("language").GetString()));
        }

        Assert.Equal(403, (await api.SendAsync(HttpMethod.Put, "/api/tenant/settings", "{}", Bearer(key))).Status);
        Assert.Equal(403, (await api.SendAsync(HttpMethod.Get, "/api/api-keys", null, Bearer(key))).Status);
        var foreign = await MakeAsync("k2", """["sync.read"]""");
        Assert.Equal(JsonValueKind.Null, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(foreign.Json.GetProperty("key").GetString()!))).Json.GetProperty("language").ValueKind);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Bad_key_is_refused_without_saying_why(string name)
    {
        var key = (await MakeAsync("bad", """["sync.read"]""")).Json.GetProperty("key").GetString()!;
        var refused = await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bad[name](key));
        Assert.Equal((401, "SYNC_301", "Bearer realm=\"datasync\", error=\"invalid_token\""), (refused.Status, refused.Code, refused.Location));
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(key))).Status);
    }

    [Fact]
    public async Task Key_beside_a_token_is_nobodys_and_one_in_the_query_is_not_looked_at()
    {
        var key = (await MakeAsync("both", """["sync.read"]""")).Json.GetProperty("key").GetString()!;
        var token = api.Token("both", "sync.read", null);
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, ("Authorization", "Bearer " + token))).Status);
        Assert.Equal(401, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, ("Authorization", "Bearer " + token), ("X-Api-Key", key))).Status);
        Assert.Equal(401, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings?api_key=" + key, null)).Status);
    }

    [Fact]
    public async Task Unknown_revoked_and_expired_keys_are_refused_alike_from_the_commit_on()
    {
        var unknown = await RefusalAsync(ApiKeyText.New("ends"));
        var revoked = await MakeAsync("ends", """["sync.read"]""");
        var expired = await MakeAsync("ends", """["sync.read"]""");
        foreach (var made in (Answer[])[revoked, expired]) Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)))).Status);
        Assert.Equal(204, (await api.SendAsync("ends", HttpMethod.Delete, $"/api/api-keys/{Id(revoked)}", scope: "keys.write")).Status);
        Assert.Equal(204, (await api.SendAsync("ends", HttpMethod.Delete, $"/api/api-keys/{Id(revoked)}", scope: "keys.write")).Status);
        await ExecuteAsync($"UPDATE api_keys SET expires_at = now() - interval '1 millisecond' WHERE id = '{Id(expired)}'"); // as another machine's clock would have it, and nobody told this process
        Assert.Equal(unknown, await RefusalAsync(Key(revoked)));
        Assert.Equal(unknown, await RefusalAsync(Key(expired)));

        async Task<string> RefusalAsync(string key)
        {
            var refused = await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(key));
            return $"{refused.Status} {refused.Location} {string.Join(' ', refused.Json.EnumerateObject().Where(m => m.Name is not ("correlation_id" or "timestamp" or "message_params")))}";
        }
    }

    [Fact]
    public async Task Unknown_and_ended_keys_ask_the_database_what_good_ones_ask()
    {
        var (good, ended) = (await MakeAsync("cost", """["sync.read"]"""), await MakeAsync("cost", """["sync.read"]"""));
        await api.SendAsync("cost", HttpMethod.Delete, $"/api/api-keys/{Id(ended)}", scope: "keys.write");
        var lookup = api.Get<ApiKeyLookup>();
        Assert.NotNull(await lookup.FindAsync("cost", Key(good), Ct)); // the hour is marked
        foreach (var (key, isGood) in new[] { (Key(good), true), (Key(ended), false), (ApiKeyText.New("cost"), false), (ApiKeyText.New("never"), false) })
        {
            using var asked = new AskedStatements();
            ApiKeyText.TryRead(key, out var tenant);
            Assert.Equal(isGood, await lookup.FindAsync(tenant, key, Ct) is not null);
            Assert.Equal(1, asked.Count);
        }
    }

    [Fact]
    public async Task Keys_that_are_made_up_by_the_dozen_hold_up_nobody_who_has_a_token()
    {
        await api.SendAsync("calm", HttpMethod.Get, "/api/tenant/settings");
        List<Task<Answer>> asking = [];
        await using (var connection = await api.Database.Superuser.OpenConnectionAsync(Ct))
        {
            await using var holding = await connection.BeginTransactionAsync(Ct);
            await using (var hold = new Npgsql.NpgsqlCommand("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE", connection)) await hold.ExecuteNonQueryAsync(Ct); // look-ups take as long as they can
            for (var i = 0; i < 30; i++) asking.Add(api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(ApiKeyText.New("storm"))));
            for (var i = 0; i < 10; i++) Assert.Equal(200, (await api.SendAsync("calm", HttpMethod.Get, "/api/tenant/settings")).Status);
            Assert.Equal((503, "SYNC_130"), await (await Task.WhenAny(asking)) is var refused ? (refused.Status, refused.Code) : default);
            await holding.RollbackAsync(Ct);
        }

        var answers = await Task.WhenAll(asking);
        Assert.Equal(30, answers.Count(a => a.Status is 401 or 503));
        Assert.InRange(answers.Count(a => a.Status == 401), 4, 29); // a third of twelve connections, and who waited for them
    }

    [Fact]
    public async Task Last_use_is_told_by_the_hour_and_written_once_in_it()
    {
        var made = await MakeAsync("used", """["sync.read"]""");
        Assert.Equal(JsonValueKind.Null, (await ListedAsync("used", Id(made))).GetProperty("last_used_at").ValueKind);
        await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)));
        var (version, hour) = (await VersionAsync(), (await ListedAsync("used", Id(made))).GetProperty("last_used_at").GetDateTimeOffset());
        Assert.Equal((0, 0, 0), (hour.Minute, hour.Second, hour.Millisecond));
        Assert.InRange(DateTimeOffset.UtcNow - hour, TimeSpan.Zero, TimeSpan.FromHours(2));
        await ExecuteAsync($"UPDATE api_keys SET last_used_at = last_used_at + interval '3 hours' WHERE id = '{Id(made)}'"); // whatever the clock does meanwhile, the hour has been written
        version = await VersionAsync();
        for (var i = 0; i < 5; i++) Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)))).Status);
        Assert.Equal(version, await VersionAsync());
        await ExecuteAsync($"UPDATE api_keys SET last_used_at = last_used_at - interval '9 hours' WHERE id = '{Id(made)}'");
        await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)));
        Assert.True((await ListedAsync("used", Id(made))).GetProperty("last_used_at").GetDateTimeOffset() >= hour);

        async Task<string> VersionAsync() => (await ScalarAsync($"SELECT xmin::text FROM api_keys WHERE id = '{Id(made)}'"))!;
    }

    [Fact]
    public async Task Key_is_good_for_no_more_than_its_maker_and_ends_with_it()
    {
        var more = await MakeAsync("line", """["sync.read","sync.write"]""", "keys.write sync.read");
        Assert.Equal((403, "SYNC_421"), (more.Status, more.Code));
        Assert.Equal(403, (await MakeAsync("line", """["sync.read"]""", "sync.read sync.write sources.write operator")).Status);

        var first = await MakeAsync("line", """["keys.write","sync.read"]""", days: 10);
        var wider = await MakeByAsync(first, """["sync.write"]""", 1);
        Assert.Equal((403, "SYNC_421"), (wider.Status, wider.Code));
        Assert.Equal("/expires_at faults.api_key_outlives", Assert.Single((await MakeByAsync(first, """["sync.read"]""", 11)).Faults));
        var second = await MakeByAsync(first, """["keys.write","sync.read"]""", 9);
        var third = await MakeByAsync(second, """["sync.read"]""", 8);
        Assert.Equal((201, 201, Id(first)), (second.Status, third.Status, second.Json.GetProperty("made_by").GetString()));
        Assert.Equal($"api-key:{Id(first)}", second.Json.GetProperty("created_by").GetString());
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(third)))).Status);

        await api.SendAsync("line", HttpMethod.Delete, $"/api/api-keys/{Id(first)}", scope: "keys.write");
        foreach (var made in (Answer[])[first, second, third]) Assert.Equal(401, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)))).Status);
    }

    [Theory]
    [InlineData("""{}""", "/expires_at faults.required", "/name faults.required", "/scopes faults.required")]
    [InlineData("""{"name":"n","scopes":["sync.read"],"expires_at":"2020-01-01T00:00:00Z"}""", "/expires_at faults.api_key_past")]
    [InlineData("""{"name":"n","scopes":["sync.read"],"expires_at":"2999-01-01T00:00:00Z"}""", "/expires_at faults.api_key_age")]
    [InlineData("""{"name":"n","scopes":["sync.read"],"expires_at":"2999-01-01"}""", "/expires_at faults.time")]
    [InlineData("""{"name":"n","scopes":["everything"],"expires_at":"2999-01-01T00:00:00Z"}""", "/scopes/0 faults.one_of")]
    public async Task Wrong_wishes_are_refused_by_name(string body, params string[] faults)
    {
        var refused = await api.SendAsync("wrong", HttpMethod.Post, "/api/api-keys", body, scope: Every);
        Assert.Equal(422, refused.Status);
        Assert.Equal(faults, refused.Faults);
    }

    [Fact]
    public async Task Key_is_told_once_and_kept_nowhere()
    {
        var made = await MakeAsync("once", """["sync.read"]""");
        await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)));
        await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made)[..^1] + "~"));
        var secret = Key(made)[^49..^6];
        Assert.DoesNotContain(secret, (await api.SendAsync("once", HttpMethod.Get, "/api/api-keys", scope: "keys.write")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await ScalarAsync("SELECT string_agg(k::text, ' ') FROM api_keys k"))!, StringComparison.Ordinal);
        Assert.Contains(Id(made), (await ScalarAsync("SELECT string_agg(k::text, ' ') FROM api_keys k"))!, StringComparison.Ordinal);
        Assert.DoesNotContain(api.Logs.Lines, l => l.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_are_listed_and_revoked_by_their_own_tenant()
    {
        var made = new[] { await MakeAsync("list", """["sync.read"]"""), await MakeAsync("list", """["sync.write"]"""), await MakeAsync("list", "\"sync.read\"") };
        var first = (await api.SendAsync("list", HttpMethod.Get, "/api/api-keys?page_size=2", scope: "keys.write")).Json;
        var rest = (await api.SendAsync("list", HttpMethod.Get, "/api/api-keys?page_size=2&cursor=" + first.GetProperty("next_cursor").GetString(), scope: "keys.write")).Json;
        Assert.Equal(made.Select(Id), first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(k => k.GetProperty("id").GetString()));
        Assert.Empty((await api.SendAsync("other", HttpMethod.Get, "/api/api-keys", scope: "keys.write")).Json.GetProperty("items").EnumerateArray());
        foreach (var id in (string[])[Id(made[0]), Guid.NewGuid().ToString(), "x"])
        {
            var absent = await api.SendAsync("other", HttpMethod.Delete, "/api/api-keys/" + id, scope: "keys.write");
            Assert.Equal((404, "SYNC_423"), (absent.Status, absent.Code));
        }

        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/tenant/settings", null, Bearer(Key(made[0])))).Status);
    }

    [Fact]
    public async Task Keys_beyond_the_limit_are_refused_until_others_end()
    {
        await ExecuteAsync($"INSERT INTO api_keys (tenant_id, id, name, scopes, key_hash, hint, expires_at, created_at, created_by) SELECT 'full', gen_random_uuid(), 'k', 'sync.read', sha256(i::text::bytea), '', now() + interval '1 day', now(), '' FROM generate_series(1, {ApiKeyStore.MostLive}) i");
        var refused = await MakeAsync("full", """["sync.read"]""");
        Assert.Equal((409, "SYNC_422"), (refused.Status, refused.Code));
        await ExecuteAsync("UPDATE api_keys SET revoked_at = now() - interval '31 days' WHERE id = (SELECT id FROM api_keys WHERE tenant_id = 'full' LIMIT 1)");
        Assert.Equal(201, (await MakeAsync("full", """["sync.read"]""")).Status);
        Assert.Equal(ApiKeyStore.MostLive.ToString(CultureInfo.InvariantCulture), await ScalarAsync("SELECT count(*)::text FROM api_keys WHERE tenant_id = 'full'"));
    }

    private static (string, string)[] Bearer(string key) => [("Authorization", "Bearer " + key)];

    private static string Key(Answer made) => made.Json.GetProperty("key").GetString()!;

    private static string Id(Answer made) => made.Json.GetProperty("id").GetString()!;

    private static string Body(string scopes, int days) => $$"""{"name":"loader","scopes":{{scopes}},"expires_at":"{{DateTimeOffset.UtcNow.AddDays(days):O}}"}""";

    private Task<Answer> MakeAsync(string tenant, string scopes, string by = Every, int days = 30) => api.SendAsync(tenant, HttpMethod.Post, "/api/api-keys", Body(scopes, days), scope: by);

    private Task<Answer> MakeByAsync(Answer maker, string scopes, int days) => api.SendAsync(HttpMethod.Post, "/api/api-keys", Body(scopes, days), Bearer(Key(maker)));

    private async Task<JsonElement> ListedAsync(string tenant, string id)
        => (await api.SendAsync(tenant, HttpMethod.Get, "/api/api-keys", scope: "keys.write")).Json.GetProperty("items").EnumerateArray().Single(k => k.GetProperty("id").GetString() == id);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = api.Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task<string?> ScalarAsync(string sql)
    {
        await using var command = api.Database.Superuser.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync(Ct);
    }
}
