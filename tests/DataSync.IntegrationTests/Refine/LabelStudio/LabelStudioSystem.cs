using System.Net;
using System.Text.Json;
using DataSync.Faults.Running;
using DataSync.IntegrationTests.Host;
using Npgsql;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>
/// The system with a Label Studio of the operator's, and a table of reviews to annotate. Waiting jobs look by themselves once in hours: what happens here sooner, a hint or the
/// end of the time has brought about.
/// </summary>
public sealed class LabelStudioSystem : IAsyncLifetime
{
    public const int Rows = 4;

    internal RunningSystem Running { get; } = new();

    internal FakeLabelStudio Fake { get; private set; } = null!;

    internal HostProcess Worker { get; private set; } = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Fake = await FakeLabelStudio.StartAsync();
        Running.Settings.AddRange([("LABEL_STUDIO_URL", Fake.Url.AbsoluteUri), ("LABEL_STUDIO_API_KEY", Fake.Logins.Personal), ("LABEL_STUDIO_POLL_SECONDS", "3600"), ("LABEL_STUDIO_MAX_POLL_SECONDS", "86400")]);
        await Running.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(Running.SourceDatabase);
        await using var make = source.CreateCommand($"CREATE TABLE reviews (id bigint PRIMARY KEY, text text, price numeric); INSERT INTO reviews SELECT i, 'Text ' || i || ' 好', i * 1.10 FROM generate_series(1, {Rows}) i");
        await make.ExecuteNonQueryAsync(Ct);
        Worker = Running.Start("worker");
    }

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await Fake.DisposeAsync();
    }

    /// <summary>Kills the worker, and starts another.</summary>
    internal async Task RestartWorkerAsync()
    {
        await Worker.KillAsync(Ct);
        Worker = Running.Start("worker");
    }

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
