using System.Net;
using System.Text.Json;
using DataSync.Faults.Running;
using DataSync.IntegrationTests.Ai;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Refine.LabelStudio;
using Npgsql;

namespace DataSync.IntegrationTests.Refine;

/// <summary>
/// The system with a scripted model and a Label Studio of the operator's, a table of reviews to annotate and one of mails to look at. One for all test classes that need it: its
/// processes cost more than the tests. Waiting jobs look by themselves once in hours: what happens here sooner, a hint or the end of the time has brought about.
/// </summary>
public sealed class RefiningSystem : IAsyncLifetime
{
    /// <summary>Reviews.</summary>
    public const int Rows = 4;

    public const int Mails = 120;

    internal RunningSystem Running { get; } = new();

    internal FakeLabelStudio Fake { get; private set; } = null!;

    internal FakeModel Model { get; private set; } = null!;

    internal HostProcess Worker { get; private set; } = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Fake = await FakeLabelStudio.StartAsync();
        Model = await FakeModel.StartAsync(Ct);
        Running.Settings.AddRange(
        [
            ("AI_ENHANCEMENT_BASE_URL", Model.BaseUrl.AbsoluteUri), ("AI_ENHANCEMENT_API_KEY", "key"), ("AI_ENHANCEMENT_MODEL", "m"), ("AI_ENHANCEMENT_MAX_CONCURRENCY", "4"), ("AI_ENHANCEMENT_TENANT_TOKENS", "1000000"),

            // Few records and short lives: code compiled twice is never used often enough to be worth it. The number is hexadecimal.
            ("DOTNET_TC_CallCountThreshold", "2710"),
        ]);
        Running.Settings.AddRange([("LABEL_STUDIO_URL", Fake.Url.AbsoluteUri), ("LABEL_STUDIO_API_KEY", Fake.Logins.Personal), ("LABEL_STUDIO_POLL_SECONDS", "3600"), ("LABEL_STUDIO_MAX_POLL_SECONDS", "86400")]);
        await Running.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(Running.SourceDatabase);
        await using var make = source.CreateCommand($"CREATE TABLE reviews (id bigint PRIMARY KEY, text text, price numeric); INSERT INTO reviews SELECT i, 'Text ' || i || ' 好', i * 1.10 FROM generate_series(1, {Rows}) i;"
            + $"CREATE TABLE mails (id bigint PRIMARY KEY, body text); INSERT INTO mails SELECT i, 'Mail ' || i || ' from anna' || i || '@example.com' FROM generate_series(1, {Mails}) i");
        await make.ExecuteNonQueryAsync(Ct);
        StartWorker();
    }

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await Fake.DisposeAsync();
        await Model.DisposeAsync();
    }

    /// <summary>Starts another worker in the place of one that is dead.</summary>
    internal void StartWorker() => Worker = Running.Start("worker");

    /// <summary>Binds a project of the operator's server to a tenant and registers the reviews as its source.</summary>
    internal async Task<HttpClient> TenantAsync(string tenant, long project, FakeProject settings)
    {
        Fake.Work.Projects[project] = settings;
        var client = Running.Client(tenant);
        await client.PostAsync("api/sources", Running.Source("reviews", new { table = "reviews", primary_key = new[] { "id" } }), HttpStatusCode.Created, Ct);
        using var operators = Running.Client(tenant, "operator");
        using var bound = await operators.PutAsync(new Uri($"api/label-studio/projects/{project}/binding", UriKind.Relative), null, Ct);
        Assert.Equal(HttpStatusCode.OK, bound.StatusCode);
        return client;
    }

    /// <summary>Gives a tenant's project a new secret and sends a hint with it.</summary>
    internal static async Task HintAsync(HttpClient client, long project) => Assert.Equal(HttpStatusCode.Accepted, await (await LabelStudioHook.NewAsync(client, project, Ct)).SendAsync(Ct));

    /// <summary>Starts a sync for annotators and waits until it waits.</summary>
    internal static async Task<Guid> WaitingAsync(HttpClient client, long project, object? more = null, int annotationTimeout = 3600)
    {
        var config = new Dictionary<string, object> { ["enable_label_studio"] = true, ["label_studio_project_id"] = project, ["label_studio_merge"] = more ?? "latest" };
        var job = await client.StartAsync(new { source_id = "reviews", output_format = "jsonl", annotation_timeout_seconds = annotationTimeout, refinement_config = config }, Ct);
        JsonElement state = default;
        await RunningSystem.WaitAsync(() => $"the job to wait; last seen: {state}", async () =>
        {
            state = await client.GetJsonAsync($"api/sync/jobs/{job}", Ct);
            return state.GetProperty("status").GetString() is "waiting" or "failed" or "completed";
        }, Ct, 60);
        Assert.Equal("waiting", state.GetProperty("status").GetString());
        return job;
    }
}

/// <summary>The test classes that share a <see cref="RefiningSystem"/>, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class RefiningTests : ICollectionFixture<RefiningSystem>
{
    public const string Name = "refining";
}
