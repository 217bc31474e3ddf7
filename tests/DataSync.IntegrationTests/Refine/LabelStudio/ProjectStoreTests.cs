using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Encryption;
using DataSync.Platform.Persistence;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.LabelStudio.Projects;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Keys to tenants' own servers, as stored.</summary>
public sealed class ProjectStoreTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const string Key = "0123456789abcdef0123456789abcdef01234567";
    private readonly string _key = SourcesRoom.NewKey("projects");
    private static readonly Uri Url = new("https://labels.example/studio/");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_are_sealed_open_after_a_rotation_and_nowhere_else()
    {
        await using var services = Services();
        var store = services.GetRequiredService<ProjectStore>();
        await store.ReplaceAsync("sealed", 3, Url, Key, "alice", Ct);
        await store.ReplaceAsync("sealed", 4, Url, Key, "alice", Ct);
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM label_studio_projects p WHERE p::text LIKE '%01234567%' OR encode(api_key, 'escape') LIKE '%01234567%'"));
        var outcome = await services.GetRequiredService<DataKeyRotation>().RunAsync("sealed", Ct);
        Assert.Equal((2, 0, 1), (outcome.Moved, outcome.Unreadable, outcome.Removed));
        var server = await store.ServerAsync("sealed", 3, Ct);
        Assert.Equal((Url, Key), (server.Url, server.ApiKey));
        Assert.Equal("errors.label_studio.not_bound", await FailureAsync(store, "another", 3));

        // beside another address, or in another project's place, it does not open
        await ScalarAsync("UPDATE label_studio_projects SET base_url = 'https://thief.example/' WHERE project_id = 3");
        await ScalarAsync("UPDATE label_studio_projects SET api_key = (SELECT api_key FROM label_studio_projects WHERE project_id = 3) WHERE project_id = 4");
        foreach (var project in (long[])[3, 4]) Assert.Equal("errors.encryption.unreadable", await FailureAsync(store, "sealed", project));
    }

    [Fact]
    public async Task A_project_of_the_operators_server_needs_one_and_is_no_longer_the_tenants_own()
    {
        await using (var without = Services())
        {
            var store = without.GetRequiredService<ProjectStore>();
            await store.ReplaceAsync("turns", 5, Url, Key, "alice", Ct);
            var bound = await store.BindOperatorsAsync("turns", 5, "operator", Ct);
            Assert.Equal((null, null, 2), (bound.BaseUrl, bound.ApiKey, bound.Version));
            Assert.Equal("errors.label_studio.not_configured", await FailureAsync(store, "turns", 5));
        }

        await using var with = Services(("LABEL_STUDIO_URL", "http://inside.example:8080"), ("LABEL_STUDIO_API_KEY", "operators"));
        var server = await with.GetRequiredService<ProjectStore>().ServerAsync("turns", 5, Ct);
        Assert.Equal(("http://inside.example:8080/", "operators"), (server.Url.AbsoluteUri, server.ApiKey));
        Assert.DoesNotContain("operators", server.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> FailureAsync(ProjectStore store, string tenant, long project)
        => (await Assert.ThrowsAsync<SyncFailureException>(() => store.ServerAsync(tenant, project, Ct))).Failure.MessageKey;

    private ServiceProvider Services(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddConfiguration(SourcesRoom.Configuration(database, _key))
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddPersistence(configuration).AddEncryption(configuration).AddLabelStudio(configuration)
            .AddSingleton<RingJob>((_, _, _) => Task.FromResult(false)).BuildServiceProvider();
    }

    private async Task<long?> ScalarAsync(string sql)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct) as long?;
    }
}
