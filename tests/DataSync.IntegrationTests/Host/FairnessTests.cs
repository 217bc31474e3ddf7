using System.Diagnostics;
using System.Net;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Two workers, a tenant with a backlog of ten thousand, and one with a single job.</summary>
public sealed class FairnessTests : IAsyncLifetime
{
    private const int Backlog = 10_000;
    private const int Limit = 2;
    private readonly RunningSystem _system = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Limit_holds_across_workers_a_small_tenant_starts_soon_and_a_killed_workers_job_runs_again()
    {
        using var big = _system.Client("big");
        using var small = _system.Client("small");
        await big.PostAsync("api/sources", _system.Source("slow", new { query = "SELECT i, pg_sleep(0.01)::text FROM generate_series(1, 30) i" }), HttpStatusCode.Created, Ct);
        await small.PostAsync("api/sources", _system.Source("quick", new { query = "SELECT 1 AS i" }), HttpStatusCode.Created, Ct);
        var seed = await big.StartAsync(new { source_id = "slow" }, Ct);
        await FillAsync(seed);
        var settings = new[] { ("SYNC_MAX_CONCURRENT_JOBS_PER_TENANT", $"{Limit}"), ("DATASYNC_WORKER_THREADS", "3") };
        await using var first = _system.Start("worker", settings);
        await using var second = _system.Start("worker", settings);
        await RunningSystem.WaitAsync("the backlog to move", async () => await ScalarAsync("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'big' AND status = 'completed'") > 20, Ct);

        var asked = Stopwatch.GetTimestamp();
        var one = await small.StartAsync(new { source_id = "quick" }, Ct);
        await RunningSystem.WaitAsync("the small tenant's job to start", async () => (await small.GetJsonAsync($"api/sync/jobs/{one}", Ct)).GetProperty("started_at").ValueKind != System.Text.Json.JsonValueKind.Null, Ct, seconds: 10);
        Assert.True(Stopwatch.GetElapsedTime(asked) < TimeSpan.FromSeconds(10));
        Assert.Equal("completed", (await small.EndAsync(one, Ct)).GetProperty("status").GetString());

        // A job deep in the queue knows its place, and its tenant may still queue more.
        var last = await big.GetJsonAsync("api/sync/jobs?status=queued&page_size=1", Ct);
        Assert.InRange(last.GetProperty("items")[0].GetProperty("queue_position").GetInt64(), Backlog / 2, Backlog);

        await first.KillAsync(Ct);
        await second.KillAsync(Ct);
        var orphans = await ScalarAsync("SELECT count(*) FROM sync_jobs WHERE status = 'running'");
        var killed = Stopwatch.GetTimestamp();
        await using var third = _system.Start("worker", settings);
        await RunningSystem.WaitAsync("what the killed workers ran to be over", async () => await ScalarAsync("SELECT count(*) FROM sync_job_attempts a JOIN sync_jobs j ON j.tenant_id = a.tenant_id AND j.id = a.job_id WHERE a.outcome = 'lost' AND j.status = 'completed'") >= orphans, Ct, seconds: 90);
        Assert.True(Stopwatch.GetElapsedTime(killed) < TimeSpan.FromSeconds(90));

        // At no moment did more of a tenant's attempts run than may: those that overlap a beginning, counted at each beginning.
        var most = await ScalarAsync("""
            SELECT max(n) FROM (SELECT (SELECT count(*) FROM sync_job_attempts b WHERE b.tenant_id = a.tenant_id AND b.started_at <= a.started_at AND (b.ended_at IS NULL OR b.ended_at > a.started_at)) AS n
                                FROM sync_job_attempts a WHERE a.tenant_id = 'big') q
            """);
        Assert.Equal(Limit, most);
    }

    public ValueTask InitializeAsync() => _system.InitializeAsync();

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    /// <summary>Copies a queued job many times over, some hundreds a transaction as their counter's row grows a version with each.</summary>
    private async Task FillAsync(Guid job)
    {
        for (var i = 0; i < Backlog / 500; i++)
        {
            await using var copy = _system.Database.Superuser.CreateCommand("""
                INSERT INTO sync_jobs
                SELECT (jsonb_populate_record(j, jsonb_build_object('id', overlay(gen_random_uuid()::text placing left(public.uuid7_floor(now())::text, 13) from 1 for 13)))).*
                FROM sync_jobs j, generate_series(1, 500) WHERE j.id = $1
                """);
            copy.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
            await copy.ExecuteNonQueryAsync(Ct);
        }
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var command = _system.Database.Superuser.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
    }
}
