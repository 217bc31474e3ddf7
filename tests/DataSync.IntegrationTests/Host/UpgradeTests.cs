using System.Net;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>An upgrade in the order that docs/operations.md tells: <c>migrate</c> beside running processes, new ones beside the old, then the old ones are told to stop.</summary>
public sealed class UpgradeTests(RunningSystem running) : IClassFixture<RunningSystem>
{
    private const int Rows = 6000;

    /// <summary>Rows come for a second, and then the rest once the test lets go of the lock: nothing ends too early, however slow the processes start.</summary>
    private static readonly string Held = $"SELECT i, CASE WHEN i > 5000 THEN held(42) WHEN i % 10 = 0 THEN pg_sleep(0.002)::text END AS v FROM generate_series(1, {Rows}) i";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upgrade_one_by_one_under_work_fails_no_job_and_no_request()
    {
        await using var source = NpgsqlDataSource.Create(running.SourceDatabase);
        await using var gate = await source.OpenConnectionAsync(Ct);
        await RunAsync(gate, "SELECT pg_advisory_lock(42), pg_advisory_lock(43)");

        // One that waited for the lock itself would be told, after a while, that it waits for too long.
        await RunAsync(gate, "CREATE FUNCTION held(key int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN WHILE NOT pg_try_advisory_xact_lock_shared(key) LOOP PERFORM pg_sleep(0.05); END LOOP; RETURN 'go'; END $$");
        var (oldApi, oldAddress) = await running.StartApiAsync(Ct);
        await using var oldWorker = running.Start("worker", ("DATASYNC_DRAIN_SECONDS", "0"));
        using var old = running.Client("upgrade", address: oldAddress);
        await old.PostAsync("api/sources", running.Source("held", new { query = Held }), HttpStatusCode.Created, Ct);
        await old.PostAsync("api/sources", running.Source("short", new { query = "SELECT 1 AS v" }), HttpStatusCode.Created, Ct);
        await old.PostAsync("api/sources", running.Source("asked", new { query = "SELECT held(43) AS v" }), HttpStatusCode.Created, Ct);
        var begun = await old.StartAsync(new { source_id = "held", processing_rules = new { batch_size = 100 } }, Ct);
        await RunningSystem.WaitAsync("the job to have stored something", async () => (await old.GetJsonAsync($"api/sync/jobs/{begun}", Ct)).GetProperty("record_count").GetInt64() > 0, Ct);

        await using var migrate = running.Start("migrate", ("DATASYNC_OWNER_CONNECTION", running.Database.Options.OwnerConnection));
        await migrate.ExitAsync(Ct);
        Assert.True(migrate.ExitCode == 0, migrate.Log);

        // The new ones are there before an old one is told to stop, as the manifests have it.
        var (_, newAddress) = await running.StartApiAsync(Ct);
        await using var newWorker = running.Start("worker");
        using var next = running.Client("upgrade", address: newAddress);
        await EndsAsync(next, await next.StartAsync(new { source_id = "short" }, Ct), newWorker.Log);
        var asked = old.PostAsync("api/sync/start", new { source_id = "asked", mode = "realtime", export_config = new { inline = true } }, HttpStatusCode.OK, Ct);
        await RunningSystem.WaitAsync(
            "the realtime sync to run", async () => (await next.GetJsonAsync("api/sync/jobs?source_id=asked&status=running", Ct)).GetProperty("items").GetArrayLength() == 1, Ct);

        await oldApi.TerminateAsync(Ct);
        await oldWorker.TerminateAsync(Ct);
        await RunAsync(gate, "SELECT pg_advisory_unlock(43)");
        Assert.Equal("completed", (await asked).GetProperty("status").GetString()); // what was taken is answered
        var meanwhile = await next.StartAsync(new { source_id = "short" }, Ct);
        await oldApi.ExitAsync(Ct);
        await oldWorker.ExitAsync(Ct);
        Assert.Equal((0, 0), (oldApi.ExitCode, oldWorker.ExitCode));
        await RunAsync(gate, "SELECT pg_advisory_unlock(42)");

        await EndsAsync(next, meanwhile, newWorker.Log);
        await EndsAsync(next, begun, newWorker.Log);
        var handed = await next.GetJsonAsync($"api/sync/jobs/{begun}", Ct);
        Assert.Equal(["handed_over", "completed"], handed.GetProperty("history").EnumerateArray().Select(a => a.GetProperty("outcome").GetString()));
        Assert.Equal(Rows, handed.GetProperty("record_count").GetInt64());
        Assert.Empty((await next.GetJsonAsync("api/sync/jobs?status=failed", Ct)).GetProperty("items").EnumerateArray());
    }

    private static async Task EndsAsync(HttpClient client, Guid id, string log)
    {
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText() + log);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
