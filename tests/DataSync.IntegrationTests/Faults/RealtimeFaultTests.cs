using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.Faults.Wire;
using DataSync.IntegrationTests.Host;
using DataSync.Jobs;
using DataSync.Pipeline;
using Npgsql;

namespace DataSync.IntegrationTests.Faults;

/// <summary>Realtime where a source falls silent, and where the line to our own database is cut.</summary>
public sealed class RealtimeFaultTests(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private const string Slow = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i";

    /// <summary>Promised are two seconds; a starved machine may take a little longer, and what waits for the source to answer takes ten.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_whose_end_was_committed_and_not_answered_keeps_its_files()
    {
        await using var proxy = new CommitProxy(new NpgsqlConnectionStringBuilder(system.Running.Database.Options.Connection).Port);
        var through = new NpgsqlConnectionStringBuilder(system.Running.Database.Options.Connection) { Port = proxy.Port, SslMode = SslMode.Disable }.ConnectionString;
        await using var host = await InProcessHost.StartAsync(system.Running, Ct, ("DATASYNC_CONNECTION", through));
        using var client = await TenantAsync("end-cut", new { query = "SELECT id, pg_sleep(0.2)::text AS nap FROM things WHERE id <= 10" });
        var plan = new SyncPlan { Mode = SyncModes.Realtime, OutputFormats = ["jsonl"], ExtractionParams = JsonElement.Parse("""{"query":"SELECT id, pg_sleep(0.2)::text AS nap FROM things WHERE id <= 10"}""") };
        var running = host.RealtimeAsync(InProcessHost.Push("end-cut", plan, "") with { Payload = null }, Ct);
        await RunningAsync(client);
        var cut = proxy.CutAsync(0, unspoken: false, Ct);
        var (job, answer) = await running;
        await cut.WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(JobStatus.Completed, (await client.GetJsonAsync($"api/sync/jobs/{job.Id}", Ct)).GetProperty("status").GetString());
        Assert.Equal("completed", JsonElement.Parse(answer).GetProperty("status").GetString());
        Assert.Equal(10, (await client.ExportAsync(job.Id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Cancel_takes_effect_soon_though_the_source_has_fallen_silent()
    {
        await using var proxy = new SilentProxy(SourcePort);
        using var client = await TenantAsync("silent-cancel", new { query = Slow }, proxy.Port);
        var call = client.PostAsJsonAsync("api/sync/start", Inline(300), Ct);
        var id = await RunningAsync(client);
        await ReadingAsync("silent-cancel", proxy);
        var asked = Stopwatch.GetTimestamp();
        await client.PostAsync($"api/sync/jobs/{id}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        using var answer = await call;
        var took = Stopwatch.GetElapsedTime(asked);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.True(took < Promise, $"Cancelled after {took}.");
        Assert.Equal("cancelled", (await client.GetJsonAsync($"api/sync/jobs/{id}", Ct)).GetProperty("status").GetString());
        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Run_beyond_its_time_is_answered_though_the_source_has_fallen_silent()
    {
        await using var proxy = new SilentProxy(SourcePort);
        using var client = await TenantAsync("silent-late", new { query = Slow }, proxy.Port);
        var began = Stopwatch.GetTimestamp();
        var call = client.PostAsJsonAsync("api/sync/start", Inline(4), Ct);
        await RunningAsync(client);
        await ReadingAsync("silent-late", proxy);
        using var answer = await call;
        var took = Stopwatch.GetElapsedTime(began);
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.True(took < TimeSpan.FromSeconds(4) + Promise, $"Answered after {took}.");
        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Caller_who_hangs_up_frees_memory_and_place_though_the_source_has_fallen_silent()
    {
        await using var proxy = new SilentProxy(SourcePort);
        using var client = await TenantAsync("silent-gone", new { query = Slow }, proxy.Port);
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var call = client.PostAsJsonAsync("api/sync/start", Inline(300), hangUp.Token);
        var id = await RunningAsync(client);
        await ReadingAsync("silent-gone", proxy);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("cancelled", (await client.EndAsync(id, Ct, seconds: 5)).GetProperty("status").GetString());
        await MemoryIsFreeAsync(client);
    }

    private int SourcePort => new NpgsqlConnectionStringBuilder(system.Running.SourceDatabase).Port;

    private static object Inline(int seconds) => new { source_id = "s", mode = "realtime", timeout_seconds = seconds, export_config = new { inline = true } };

    private async Task<HttpClient> TenantAsync(string tenant, object extraction, int? port = null)
    {
        var client = system.Running.Client(tenant);
        var source = JsonSerializer.SerializeToNode(system.Running.Source("s", extraction))!;
        if (port is { } other) source["connection_params"]!["port"] = other;
        await client.PostAsync("api/sources", source, HttpStatusCode.Created, Ct);
        return client;
    }

    private static async Task<Guid> RunningAsync(HttpClient client)
    {
        Guid? id = null;
        await RunningSystem.WaitAsync("the run to begin", async () =>
        {
            var running = (await client.GetJsonAsync("api/sync/jobs?status=running", Ct)).GetProperty("items").EnumerateArray().ToList();
            id = running.Count > 0 ? running[0].GetProperty("job_id").GetGuid() : null;
            return id is not null;
        }, Ct);
        return id!.Value;
    }

    /// <summary>Waits until the statement runs on the source, and lets the source fall silent.</summary>
    private async Task ReadingAsync(string tenant, SilentProxy proxy)
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var reading = source.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(0.05)%' AND pid <> pg_backend_pid()");
        await RunningSystem.WaitAsync($"{tenant} to be read", async () => (long)(await reading.ExecuteScalarAsync(Ct))! > 0, Ct);
        proxy.FallSilent();
    }

    private static Task MemoryIsFreeAsync(HttpClient client) => RunningSystem.WaitAsync("the memory to be given back", async () =>
    {
        var metrics = await client.GetStringAsync("metrics", Ct);
        var line = metrics.Split('\n').Single(l => l.StartsWith("datasync_realtime_memory_bytes", StringComparison.Ordinal) && !l.Contains("limit", StringComparison.Ordinal));
        return line.Split(' ')[1] == "0";
    }, Ct, seconds: 5);
}
