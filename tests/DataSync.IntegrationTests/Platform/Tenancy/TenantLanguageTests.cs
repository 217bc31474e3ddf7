using System.Diagnostics;
using DataSync.IntegrationTests.Sources;

namespace DataSync.IntegrationTests.Platform.Tenancy;

public sealed class TenantLanguageTests(SourcesApi api) : IClassFixture<SourcesApi>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Language_that_cannot_be_read_is_the_one_known_last_or_the_default_without_an_error_or_a_long_wait()
    {
        await api.SendAsync("gone", HttpMethod.Put, "/api/tenant/settings", """{"language":"zh-CN"}""", scope: "operator");
        Assert.True(await IsChineseAsync("gone"));
        await ExecuteAsync("ALTER TABLE tenant_settings RENAME TO tenant_settings_away");
        try
        {
            await ExecuteAsync("UPDATE configuration_generations SET generation = generation + 1 WHERE tenant_id = 'gone'; SELECT pg_notify('datasync_configuration', generation || ' gone') FROM configuration_generations WHERE tenant_id = 'gone'");
            await PutBesideAsync("unseen");
            var began = Stopwatch.GetTimestamp();
            while (!api.Logs.Lines.Any(l => l.Contains("could not be read", StringComparison.Ordinal)))
            {
                Assert.True(await IsChineseAsync("gone"));
                Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
            }

            Assert.True(await IsChineseAsync("gone"));
            Assert.False(await IsChineseAsync("unseen"));
        }
        finally
        {
            await ExecuteAsync("ALTER TABLE tenant_settings_away RENAME TO tenant_settings");
        }
    }

    /// <summary>Sets a language in the table that is away, for a tenant that no process has heard of.</summary>
    private Task PutBesideAsync(string tenant) => ExecuteAsync($"INSERT INTO tenant_settings_away (tenant_id, language, version) VALUES ('{tenant}', 'zh-CN', 1)");

    private async Task<bool> IsChineseAsync(string tenant)
    {
        var missing = await api.SendAsync(tenant, HttpMethod.Get, "/api/sources/none", language: null);
        Assert.Equal(404, missing.Status);
        return missing.Json.GetProperty("message").GetString()!.Any(c => c is >= '\u4e00' and <= '\u9fff');
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = api.Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
