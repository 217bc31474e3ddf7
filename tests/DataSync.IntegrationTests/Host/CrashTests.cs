using System.Net;
using DataSync.Faults.Running;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>kill -9 of the worker, again and again, in the middle of one sync.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Rows = 200_000;
    private const int Kills = 20;
    private readonly RunningSystem _system = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_killed_at_twenty_moments_loses_and_repeats_nothing()
    {
        var seed = Environment.GetEnvironmentVariable("DATASYNC_TEST_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"Seed of the moments: DATASYNC_TEST_SEED={seed}");
        var random = new Random(seed);
        using var client = _system.Client("crash");
        await client.PostAsync("api/sources", _system.Source("big", new { table = "big" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "big", output_format = new[] { "jsonl", "csv" }, timeout_seconds = 3600 }, Ct);
        // A job that never gets anywhere is given up after a few attempts; a worker killed this often at once must not look like one.
        var patient = ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000");
        for (var kill = 0; kill < Kills; kill++)
        {
            var attempts = (await StateAsync(client, id)).Attempts;
            var worker = _system.Start("worker", ("DATASYNC_WORKER_THREADS", "1"), patient);
            await RunningSystem.WaitAsync("the worker to take the job up", async () => (await StateAsync(client, id)).Attempts > attempts, Ct);
            await Task.Delay(random.Next(0, 700), Ct);
            await worker.KillAsync(Ct);
            Assert.Equal(("running", attempts + 1), await StateAsync(client, id)); // killed in the middle, not after the end
        }

        await SlowAsync(false);
        var last = _system.Start("worker", patient);
        var job = await client.EndAsync(id, Ct, seconds: 180);
        Assert.True(job.GetProperty("status").GetString() == "completed", $"seed {seed}: {job.GetRawText()}\n{last.Log}");
        Assert.Equal((Rows, Kills + 1), (job.GetProperty("record_count").GetInt32(), job.GetProperty("attempts").GetInt32()));
        await CompareAsync(client, id);
        await ExportAgainAsync(client, id, last);
        Assert.DoesNotContain(Directory.EnumerateFiles(_system.ExportRoot, "*", SearchOption.AllDirectories), f => Path.GetFileName(f).Contains("tmp", StringComparison.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        await _system.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(_system.SourceDatabase);
        await using var make = source.CreateCommand($"""
            CREATE TABLE big (id bigint PRIMARY KEY, name text, filler text);
            INSERT INTO big SELECT i, 'name ' || i, repeat(md5(i::text), 10) FROM generate_series(1, {Rows}) i
            """);
        await make.ExecuteNonQueryAsync(Ct);
        await SlowAsync(true);
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    /// <summary>The job exported again by a worker that is killed as it reads the records back, and then by another.</summary>
    private async Task ExportAgainAsync(HttpClient client, Guid id, HostProcess worker)
    {
        Guid again;
        await using (var superuser = await _system.Database.Superuser.OpenConnectionAsync(Ct))
        {
            await using var holding = await superuser.BeginTransactionAsync(Ct);
            await using var hold = new NpgsqlCommand("LOCK TABLE sync_data IN ACCESS EXCLUSIVE MODE", superuser, holding);
            await hold.ExecuteNonQueryAsync(Ct);
            again = (await client.PostAsync($"api/sync/jobs/{id}/exports", new { output_format = "csv" }, HttpStatusCode.Accepted, Ct)).GetProperty("job_id").GetGuid();
            await RunningSystem.WaitAsync("the worker to wait for the records", async () =>
            {
                await using var waiting = _system.Database.Superuser.CreateCommand("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY (SELECT %sync_data%')");
                return await waiting.ExecuteScalarAsync(Ct) is true;
            }, Ct);
            await worker.KillAsync(Ct);
            Assert.Equal(("running", 1), await StateAsync(client, again));
        }

        _system.Start("worker");
        var job = await client.EndAsync(again, Ct, seconds: 180);
        Assert.Equal(("completed", 2), (job.GetProperty("status").GetString(), job.GetProperty("attempts").GetInt32()));
        Assert.Equal(await client.ExportAsync(id, "data.csv", Ct), await client.ExportAsync(again, "data.csv", Ct));
    }

    /// <summary>Makes storing take ten seconds, so that all kills come before the end; or lets it run again.</summary>
    private async Task SlowAsync(bool slow)
    {
        await using var change = _system.Database.Superuser.CreateCommand(slow
            ? """
              CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
              CREATE TRIGGER slow BEFORE INSERT ON sync_data FOR EACH ROW WHEN (NEW.seq % 1000 = 0) EXECUTE FUNCTION slow()
              """
            : "DROP TRIGGER slow ON sync_data");
        await change.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>Every column of every row, in both files, in order.</summary>
    private async Task CompareAsync(HttpClient client, Guid id)
    {
        await using var source = NpgsqlDataSource.Create(_system.SourceDatabase);
        await using var read = source.CreateCommand("SELECT id, name, filler FROM big ORDER BY id");
        await using var rows = await read.ExecuteReaderAsync(Ct);
        using var json = new StreamReader(await client.GetStreamAsync($"api/sync/jobs/{id}/exports/data.jsonl", Ct));
        using var csv = new StreamReader(await client.GetStreamAsync($"api/sync/jobs/{id}/exports/data.csv", Ct));
        Assert.Equal("id,name,filler", await csv.ReadLineAsync(Ct));
        var compared = 0;
        while (await rows.ReadAsync(Ct))
        {
            var (key, name, filler) = (rows.GetInt64(0), rows.GetString(1), rows.GetString(2));
            Assert.Equal($$"""{"id":{{key}},"name":"{{name}}","filler":"{{filler}}"}""", await json.ReadLineAsync(Ct));
            Assert.Equal($"{key},{name},{filler}", await csv.ReadLineAsync(Ct));
            compared++;
        }

        Assert.Equal(Rows, compared);
        Assert.Equal((null, null), (await json.ReadLineAsync(Ct), await csv.ReadLineAsync(Ct)));
    }

    private static async Task<(string Status, int Attempts)> StateAsync(HttpClient client, Guid id)
    {
        var job = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
        return (job.GetProperty("status").GetString()!, job.GetProperty("attempts").GetInt32());
    }
}
