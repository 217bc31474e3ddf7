using System.Text.Json;
using DataSync.IntegrationTests.Sources;

namespace DataSync.IntegrationTests.Platform.Tenancy;

public sealed class TenantSettingsTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    [Fact]
    public async Task Settings_are_as_they_were_put_for_their_tenant_alone()
    {
        Assert.Equal("""{"language":null,"region":null,"version":0,"updated_at":null}""", (await GetAsync("s1")).Text);
        Assert.Equal(("zh-CN", 1), Shown(await PutAsync("s1", """{"language":"zh-CN"}""")));
        Assert.Equal(("zh-CN", 1), Shown(await GetAsync("s1")));
        Assert.Equal(("en-US", 2), Shown(await PutAsync("s1", """{"language":"en-US"}""")));
        Assert.Equal((null, 3), Shown(await PutAsync("s1", "{}")));
        Assert.Equal((null, 3), Shown(await GetAsync("s1")));
        Assert.Equal((null, 0), Shown(await GetAsync("s2")));
    }

    [Theory]
    [InlineData("""{"language":"fr-FR"}""", "/language faults.one_of")]
    [InlineData("""{"language":1}""", "/language faults.string")]
    [InlineData("""{"languages":"zh-CN"}""", "/languages faults.unknown")]
    public async Task Put_of_what_there_is_not_is_refused(string body, string fault)
    {
        var refused = await PutAsync("s3", body);
        Assert.Equal((422, fault), (refused.Status, Assert.Single(refused.Faults)));
        Assert.Equal((null, 0), Shown(await GetAsync("s3")));
    }

    [Fact]
    public async Task Put_asks_for_the_operators_scope()
        => Assert.Equal(403, (await api.SendAsync("s4", HttpMethod.Put, "/api/tenant/settings", "{}", scope: "sources.write sync.read sync.write")).Status);

    /// <summary>Token, header, tenant, default: the first that names one of ours.</summary>
    [Theory]
    [InlineData("en-US", "zh-CN", "zh-CN", "en-US")]
    [InlineData("fr", "en-US", "zh-CN", "en-US")]
    [InlineData(null, "en-US", "zh-CN", "en-US")]
    [InlineData(null, "zh", "en-US", "zh-CN")]
    [InlineData(null, "fr, de;q=0.5", "zh-CN", "zh-CN")]
    [InlineData(null, null, "zh-CN", "zh-CN")]
    [InlineData("fr", null, "zh-CN", "zh-CN")]
    [InlineData(null, null, null, "en-US")]
    public async Task Language_is_the_tokens_or_the_headers_or_the_tenants_or_the_default(string? token, string? header, string? tenants, string expected)
    {
        var tenant = $"l-{token}-{header}-{tenants}";
        if (tenants is not null) await PutAsync(tenant, $$"""{"language":"{{tenants}}"}""");
        var missing = await api.SendAsync(tenant, HttpMethod.Get, "/api/sources/none", language: token, accept: header);
        Assert.Equal(404, missing.Status);
        var message = missing.Json.GetProperty("message").GetString()!;
        Assert.Equal(expected == "zh-CN", message.Any(c => c is >= '\u4e00' and <= '\u9fff'));
    }

    [Fact]
    public async Task Language_of_a_tenant_never_answers_another_and_changes_at_once_where_it_was_put()
    {
        for (var i = 0; i < 5; i++)
        {
            await PutAsync("swap-a", $$"""{"language":"{{(i % 2 == 0 ? "zh-CN" : "en-US")}}"}""");
            Assert.Equal(i % 2 == 0, await IsChineseAsync("swap-a"));
            Assert.False(await IsChineseAsync("swap-b"));
        }
    }

    private static (string? Language, int Version) Shown(Answer answer)
    {
        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Json.GetProperty("version").GetInt32() > 0, answer.Json.GetProperty("updated_at").ValueKind == JsonValueKind.String);
        return (answer.Json.GetProperty("language").GetString(), answer.Json.GetProperty("version").GetInt32());
    }

    private async Task<bool> IsChineseAsync(string tenant)
    {
        var missing = await api.SendAsync(tenant, HttpMethod.Get, "/api/sources/none", language: null);
        Assert.Equal(404, missing.Status);
        return missing.Json.GetProperty("message").GetString()!.Any(c => c is >= '\u4e00' and <= '\u9fff');
    }

    private Task<Answer> GetAsync(string tenant) => api.SendAsync(tenant, HttpMethod.Get, "/api/tenant/settings");

    private Task<Answer> PutAsync(string tenant, string body) => api.SendAsync(tenant, HttpMethod.Put, "/api/tenant/settings", body, scope: "operator");
}
