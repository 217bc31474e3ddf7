using System.Diagnostics;
using System.Text.Json;
using DataSync.IntegrationTests.Platform.Caching;
using DataSync.IntegrationTests.Sources;
using DataSync.Jobs;
using DataSync.Jobs.Inline;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Process.Realtime;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.IntegrationTests.Platform.Tenancy;

public sealed class OperatorSettingsTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    private const string Full = """
        {"language":"zh-CN","limits":{"concurrent_jobs":7,"requests_per_minute":120000,"realtime_bytes":2097152}}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operator_sets_any_tenants_settings_and_they_are_shown_as_they_were_put()
    {
        var untouched = await api.SendAsync("ops", HttpMethod.Get, "/api/tenants/t%2F1/settings", scope: "operator");
        Assert.Equal((200, 0, "t/1"), (untouched.Status, Version(untouched), untouched.Json.GetProperty("tenant_id").GetString()));
        Assert.All(untouched.Json.GetProperty("limits").EnumerateObject(), m => Assert.Equal(JsonValueKind.Null, m.Value.ValueKind));

        var put = await PutAsync("t/1", Full);
        var got = await api.SendAsync("ops", HttpMethod.Get, "/api/tenants/t%2F1/settings", scope: "operator");
        Assert.Equal((200, 1, put.Text), (put.Status, Version(put), got.Text));
        foreach (var member in JsonElement.Parse(Full).EnumerateObject()) Assert.True(JsonElement.DeepEquals(member.Value, got.Json.GetProperty(member.Name)), member.Name);
        Assert.Equal("alice", got.Json.GetProperty("updated_by").GetString());
        Assert.Equal("zh-CN", (await api.SendAsync("t/1", HttpMethod.Get, "/api/tenant/settings")).Json.GetProperty("language").GetString());

        // the language alone by the older route leaves the rest; the whole replaces the whole
        await api.SendAsync("t/1", HttpMethod.Put, "/api/tenant/settings", "{}", scope: "operator");
        got = await api.SendAsync("ops", HttpMethod.Get, "/api/tenants/t%2F1/settings", scope: "operator");
        Assert.Equal((2, 7, JsonValueKind.Null), (Version(got), got.Json.GetProperty("limits").GetProperty("concurrent_jobs").GetInt32(), got.Json.GetProperty("language").ValueKind));
        Assert.Equal(JsonValueKind.Null, (await PutAsync("t/1", "{}")).Json.GetProperty("limits").GetProperty("concurrent_jobs").ValueKind);
        Assert.Equal(0, Version(await api.SendAsync("ops", HttpMethod.Get, "/api/tenants/ops/settings", scope: "operator")));
    }

    [Theory]
    [InlineData("""{"limits":{"concurrent_jobs":0}}""", "/limits/concurrent_jobs faults.integer")]
    [InlineData("""{"limits":{"concurrent_jobs":1001,"requests_per_minute":0,"realtime_bytes":1048575}}""", "/limits/concurrent_jobs faults.integer", "/limits/realtime_bytes faults.integer", "/limits/requests_per_minute faults.integer")]
    [InlineData("""{"limits":{"jobs":1}}""", "/limits/jobs faults.unknown")]
    [InlineData("""{"language":"fr"}""", "/language faults.one_of")]
    public async Task Settings_that_cannot_be_are_refused_by_name(string body, params string[] faults)
    {
        var refused = await PutAsync("wrong", body);
        Assert.Equal(422, refused.Status);
        Assert.Equal(faults, refused.Faults);
        Assert.Equal(0, Version(await api.SendAsync("ops", HttpMethod.Get, "/api/tenants/wrong/settings", scope: "operator")));
    }

    [Fact]
    public async Task Nobody_but_an_operator_sees_or_sets_them_not_even_for_their_own_tenant()
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put })
            Assert.Equal(403, (await api.SendAsync("own", method, "/api/tenants/own/settings", method == HttpMethod.Put ? "{}" : null, scope: "sources.write sync.read sync.write keys.write")).Status);
    }

    [Fact]
    public async Task Requests_are_limited_by_the_tenants_own_number_as_soon_as_it_is_set_and_others_are_not()
    {
        Assert.All(await AskAsync("slow", 20), s => Assert.Equal(200, s));
        await PutAsync("slow", """{"limits":{"requests_per_minute":3}}""");
        var statuses = await AskAsync("slow", 20); // one more than three where the machine takes twenty seconds for them
        Assert.InRange(statuses.Count(s => s == 200), 3, 5);
        Assert.Equal(20, statuses.Count(s => s is 200 or 429));
        Assert.All(await AskAsync("quick", 20), s => Assert.Equal(200, s));
        var refused = await UntilRefusedAsync("slow");
        Assert.Equal("errors.request.too_many", refused.Json.GetProperty("message_key").GetString());
        await PutAsync("slow", "{}");
        Assert.All(await AskAsync("slow", 20), s => Assert.Equal(200, s));
    }

    [Fact]
    public async Task Change_is_seen_by_another_process_within_two_seconds()
    {
        await using var other = await CacheMachine.StartAsync(api.Database, Ct);
        var known = other.Settings;
        Assert.Null((await known.OfAsync("seen", Ct))!.MaxConcurrentJobs);
        for (var limit = 1; limit <= 3; limit++)
        {
            await PutAsync("seen", $$$"""{"limits":{"concurrent_jobs":{{{limit}}}}}""");
            var began = Stopwatch.GetTimestamp();
            while ((await known.OfAsync("seen", Ct))!.MaxConcurrentJobs != limit)
            {
                Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2));
                await Task.Delay(5, Ct);
            }
        }
    }

    [Fact]
    public async Task Places_for_runs_in_a_process_grow_with_the_limit()
    {
        using var gate = new InlineGate(new InlineOptions { MaxRuns = 100, Wait = TimeSpan.Zero }, new EngineOptions { MaxConcurrentJobsPerTenant = 1 }, TimeProvider.System, api.Get<TenantSettingsAtHand>());
        List<InlinePlace> places = [await gate.EnterAsync("places", Ct)];
        await Assert.ThrowsAsync<DataSync.Pipeline.Failures.SyncFailureException>(() => gate.EnterAsync("places", Ct));
        await PutAsync("places", """{"limits":{"concurrent_jobs":3}}""");
        for (var i = 0; i < 2; i++) places.Add(await gate.EnterAsync("places", Ct));
        await Assert.ThrowsAsync<DataSync.Pipeline.Failures.SyncFailureException>(() => gate.EnterAsync("places", Ct));
        foreach (var place in places) place.Dispose();
    }

    [Fact]
    public async Task Memory_for_runs_is_the_tenants_own_and_never_more_than_there_is()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var memory = new RealtimeMemory(new RealtimeOptions { LimitBytes = 100 << 18, TenantShare = 50 }, services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System, api.Get<TenantSettingsAtHand>());
        Assert.Equal(50 << 18, await MostAsync());
        await PutAsync("memory", """{"limits":{"realtime_bytes":2097152}}""");
        Assert.Equal(8 << 18, await MostAsync());
        await PutAsync("memory", """{"limits":{"realtime_bytes":15728640}}""");
        Assert.Equal(60 << 18, await MostAsync());
        await PutAsync("memory", """{"limits":{"realtime_bytes":99999999}}""");
        Assert.Equal(100 << 18, await MostAsync());

        async Task<long> MostAsync()
        {
            using var account = await memory.OpenAsync("memory", Ct);
            for (var taken = 0L; ; taken += 1 << 18)
            {
                try
                {
                    account.Take(1 << 18);
                }
                catch (DataSync.Pipeline.Failures.SyncFailureException)
                {
                    return taken;
                }
            }
        }
    }

    private static int Version(Answer answer) => answer.Json.GetProperty("version").GetInt32();

    private Task<Answer> PutAsync(string tenant, string body) => api.SendAsync("ops", HttpMethod.Put, $"/api/tenants/{Uri.EscapeDataString(tenant)}/settings", body, scope: "operator");

    private async Task<List<int>> AskAsync(string tenant, int times)
    {
        List<int> statuses = [];
        for (var i = 0; i < times; i++) statuses.Add((await api.SendAsync(tenant, HttpMethod.Get, "/api/tenant/settings")).Status);
        return statuses;
    }

    private async Task<Answer> UntilRefusedAsync(string tenant)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await api.SendAsync(tenant, HttpMethod.Get, "/api/tenant/settings") is { Status: 429 } refused) return refused;
        }

        throw new InvalidOperationException("Nothing was refused.");
    }
}
