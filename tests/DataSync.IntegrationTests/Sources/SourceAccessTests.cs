using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Sources;

namespace DataSync.IntegrationTests.Sources;

/// <summary>What a source's login may do is looked at when the source is saved, kept with it, and refreshed by tests and readings.</summary>
public sealed class SourceAccessTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    private static readonly HttpMethod Get = HttpMethod.Get, Post = HttpMethod.Post, Put = HttpMethod.Put;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private FakeConnector Connector => (FakeConnector)api.Get<ConnectorCatalog>().Find("fake")!;

    [Theory]
    [InlineData("db", "verified_read_only", false)]
    [InlineData("follows", "verified_read_only", true)]
    [InlineData("away", "unknown", null)]
    public async Task Post_shows_and_keeps_what_the_login_may_do(string host, string outcome, bool? replication)
    {
        var created = await api.SendAsync("a1", Post, "/api/sources", Body($"s {host}", host));
        Assert.Equal(201, created.Status);
        var access = created.Json.GetProperty("access");
        Assert.Equal((outcome, "[]"), (access.GetProperty("outcome").GetString(), access.GetProperty("grants").GetRawText()));
        Assert.Equal(replication, access.GetProperty("replication").ValueKind == JsonValueKind.Null ? null : access.GetProperty("replication").GetBoolean());
        Assert.InRange(DateTimeOffset.UtcNow - access.GetProperty("checked_at").GetDateTimeOffset(), TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
        Assert.Equal(created.Text, (await api.SendAsync("a1", Get, $"/api/sources/{Uri.EscapeDataString($"s {host}")}")).Text);
    }

    [Fact]
    public async Task Post_and_put_of_a_writable_login_are_refused_with_its_grants_and_save_nothing()
    {
        var refused = await api.SendAsync("a2", Post, "/api/sources", Body("s", "writable"));
        Assert.Equal((422, "SYNC_017"), (refused.Status, refused.Code));
        Assert.Equal("superuser, table public.orders", refused.Json.GetProperty("message_params").GetProperty("findings").GetString());
        Assert.Equal(404, (await api.SendAsync("a2", Get, "/api/sources/s")).Status);

        var before = await api.SendAsync("a2", Post, "/api/sources", Body("s", "db"));
        Assert.Equal(422, (await api.SendAsync("a2", Put, "/api/sources/s", Body("s", "writable"))).Status);
        Assert.Equal(before.Text, (await api.SendAsync("a2", Get, "/api/sources/s")).Text);
    }

    [Fact]
    public async Task Post_of_a_writable_login_that_the_operator_allows_is_saved_as_writable()
    {
        Connector.TakesWritable = true;
        try
        {
            var created = await api.SendAsync("a3", Post, "/api/sources", Body("s", "writable"));
            Assert.Equal((201, "writable"), (created.Status, created.Json.GetProperty("access").GetProperty("outcome").GetString()));
            Assert.Equal("""["superuser","table public.orders"]""", created.Json.GetProperty("access").GetProperty("grants").GetRawText());
        }
        finally
        {
            Connector.TakesWritable = false;
        }
    }

    [Fact]
    public async Task Post_of_a_source_whose_server_hangs_is_saved_in_seconds()
    {
        var clock = Stopwatch.StartNew();
        var created = await api.SendAsync("a4", Post, "/api/sources", Body("s", "hangs"));
        Assert.Equal((201, "unknown"), (created.Status, created.Json.GetProperty("access").GetProperty("outcome").GetString()));
        Assert.InRange(clock.Elapsed.TotalSeconds, 4, 15);
    }

    [Fact]
    public async Task Put_with_a_secret_kept_looks_with_that_secret()
    {
        await api.SendAsync("a5", Post, "/api/sources", Body("s", "away", "kept-secret"));
        Assert.Equal(200, (await api.SendAsync("a5", Put, "/api/sources/s", Body("s", "away", "***"))).Status);
        Assert.Equal(2, Connector.Looked.Count(l => l == ("away", "kept-secret")));
        Assert.Equal(412, (await api.SendAsync("a5", Put, "/api/sources/s", Body("s", "away", "***"), ifMatch: "\"1\"")).Status);
        Assert.Equal(2, Connector.Looked.Count(l => l == ("away", "kept-secret")));
    }

    [Fact]
    public async Task Test_refreshes_what_is_known_and_shows_the_details_of_its_checks()
    {
        var created = await api.SendAsync("a6", Post, "/api/sources", Body("s", "became writable"));
        var test = await api.SendAsync("a6", Post, "/api/sources/s/test");
        Assert.Equal(["{}", """{"tls_version":"1.3"}""", "{}", "{}"], test.Json.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("details").GetRawText()));
        var shown = await api.SendAsync("a6", Get, "/api/sources/s");
        Assert.Equal(("writable", """["table t"]"""), (shown.Json.GetProperty("access").GetProperty("outcome").GetString(), shown.Json.GetProperty("access").GetProperty("grants").GetRawText()));
        Assert.Equal((1, created.ETag), (shown.Json.GetProperty("version").GetInt32(), shown.ETag));
    }

    /// <summary>A finding that comes late, about a login that was replaced meanwhile, is about nothing any more; and caches need not read anew for one.</summary>
    [Fact]
    public async Task RecordAsync_counts_for_its_version_alone_and_leaves_the_configurations_generation()
    {
        await api.SendAsync("a7", Post, "/api/sources", Body("s", "db"));
        var generation = await GenerationAsync("a7");
        await api.Get<SourceAccess>().RecordAsync("a7", "s", 7, new AccessReport(["late"]), Ct);
        Assert.Equal("verified_read_only", await OutcomeAsync("a7"));
        await api.Get<SourceAccess>().RecordAsync("a7", "s", 1, new AccessReport(["now"]), Ct);
        Assert.Equal("writable", await OutcomeAsync("a7"));
        Assert.Equal(generation, await GenerationAsync("a7"));
        await api.SendAsync("a7", Put, "/api/sources/s", Body("s", "db"));
        Assert.NotEqual(generation, await GenerationAsync("a7"));
    }

    private static string Body(string sourceId, string host, string password = "pw") => JsonSerializer.Serialize(new
    {
        source_id = sourceId,
        source_type = "database",
        connection_params = new { driver = "fake", host, password },
    });

    private async Task<string?> OutcomeAsync(string tenant)
        => (await api.SendAsync(tenant, Get, "/api/sources/s")).Json.GetProperty("access").GetProperty("outcome").GetString();

    private async Task<long> GenerationAsync(string tenant)
    {
        await using var command = api.Database.Superuser.CreateCommand("SELECT generation FROM configuration_generations WHERE tenant_id = $1");
        command.Parameters.AddWithValue(tenant);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
