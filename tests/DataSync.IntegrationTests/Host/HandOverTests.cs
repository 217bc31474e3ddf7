using System.Diagnostics;
using System.Net;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>SIGTERM to a worker in the middle of a sync, as every deployment does.</summary>
public sealed class HandOverTests(HandOverTests.Big system) : IClassFixture<HandOverTests.Big>
{
    private const int Rows = 300_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_told_to_stop_gives_its_job_back_at_the_checkpoint_and_another_goes_on_at_once()
    {
        using var client = system.Running.Client("deploy");
        await client.PostAsync("api/sources", system.Running.Source("big", new { table = "big" }), HttpStatusCode.Created, Ct);
        await using var first = system.Running.Start("worker", ("DATASYNC_DRAIN_SECONDS", "0"));
        var id = await client.StartAsync(new { source_id = "big", output_format = "jsonl", processing_rules = new { batch_size = 100 } }, Ct);
        await RunningSystem.WaitAsync("the job to have stored something", async () => (await client.GetJsonAsync($"api/sync/jobs/{id}", Ct)).GetProperty("record_count").GetInt64() > 0, Ct);
        await using var second = system.Running.Start("worker");
        await using var there = system.Running.Database.Superuser.CreateCommand("SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN datasync_cancel'");
        await RunningSystem.WaitAsync("the second worker to be there", async () => await there.ExecuteScalarAsync(Ct) is true, Ct);
        var asked = Stopwatch.GetTimestamp();
        await first.TerminateAsync(Ct);
        await first.ExitAsync(Ct);
        Assert.True(Stopwatch.GetElapsedTime(asked) < TimeSpan.FromSeconds(30));
        Assert.Equal(0, first.ExitCode);
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText() + second.Log);
        Assert.Equal(Rows, job.GetProperty("record_count").GetInt64());
        var history = job.GetProperty("history").EnumerateArray().ToList();
        Assert.Equal(["handed_over", "completed"], history.Select(a => a.GetProperty("outcome").GetString()));
        Assert.InRange(history[0].GetProperty("record_count").GetInt64(), 1, Rows);
        Assert.Equal("export", history[1].GetProperty("stages").EnumerateArray().Last().GetProperty("stage").GetString());
        var gap = history[1].GetProperty("started_at").GetDateTimeOffset() - history[0].GetProperty("ended_at").GetDateTimeOffset();
        Assert.True(gap < TimeSpan.FromSeconds(20), $"Another worker went on after {gap}: no sooner than a lease would have let it.");
        Assert.Equal(Rows, (await client.ExportAsync(id, "data.jsonl", Ct)).AsSpan().Count('\n'));
        await second.TerminateAsync(Ct);
        await second.ExitAsync(Ct);
    }

    [Fact]
    public async Task Worker_whose_job_does_not_end_in_time_drains_within_fifteen_seconds()
    {
        using var client = system.Running.Client("endless");
        await client.PostAsync("api/sources", system.Running.Source("endless", new { query = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i" }), HttpStatusCode.Created, Ct);
        await using var worker = system.Running.Start("worker");
        var id = await client.StartAsync(new { source_id = "endless", processing_rules = new { batch_size = 5 } }, Ct);
        await RunningSystem.WaitAsync("the job to run", async () => (await client.GetJsonAsync($"api/sync/jobs/{id}", Ct)).GetProperty("record_count").GetInt64() > 0, Ct);
        var asked = Stopwatch.GetTimestamp();
        await worker.TerminateAsync(Ct);
        await worker.ExitAsync(Ct);
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
        Assert.Equal(0, worker.ExitCode);
        var job = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
        Assert.Equal(("queued", 1), (job.GetProperty("status").GetString(), job.GetProperty("queue_position").GetInt32()));
        await client.PostAsync($"api/sync/jobs/{id}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var left = source.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(0.05)%' AND pid <> pg_backend_pid()");
        await RunningSystem.WaitAsync("the source to be free of the query", async () => (long)(await left.ExecuteScalarAsync(Ct))! == 0, Ct, seconds: 5);
    }

    /// <summary>The system without a worker, and a table that takes a while to read.</summary>
    public sealed class Big : IAsyncLifetime
    {
        public RunningSystem Running { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Running.InitializeAsync();
            await using var source = NpgsqlDataSource.Create(Running.SourceDatabase);
            await using var make = source.CreateCommand($"CREATE TABLE big (id bigint PRIMARY KEY, name text); INSERT INTO big SELECT i, repeat('x', 100) || i FROM generate_series(1, {Rows}) i");
            await make.ExecuteNonQueryAsync(Ct);
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
