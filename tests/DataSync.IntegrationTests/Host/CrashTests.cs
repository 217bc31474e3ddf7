using System.Net;
using System.Text.Json;
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
        var kills = 0;

        // A job that never gets anywhere is given up after a few attempts; a worker killed this often at once must not look like one.
        var patient = ("DATASYNC_MAX_FRUITLESS_ATTEMPTS", "1000");
        while (kills < Kills)
        {
            var before = await StateAsync(client, id);
            if (before.Status == "completed") break;
            var worker = _system.Start("worker", ("DATASYNC_WORKER_THREADS", "1"), patient);
            await RunningSystem.WaitAsync("the worker to take the job up", async () =>
            {
                var now = await StateAsync(client, id);
                return now.Attempts > before.Attempts || now.Status == "completed";
            }, Ct);
            await Task.Delay(random.Next(0, 700), Ct);
            await worker.KillAsync(Ct);
            kills++;
        }

        var last = _system.Start("worker", patient);
        var job = await client.EndAsync(id, Ct, seconds: 180);
        Assert.True(job.GetProperty("status").GetString() == "completed", $"seed {seed}: {job.GetRawText()}\n{last.Log}");
        Assert.Equal(Rows, job.GetProperty("record_count").GetInt32());
        Assert.True(job.GetProperty("attempts").GetInt32() > 2, $"Only {job.GetProperty("attempts")} attempts: the kills came too late to prove anything (seed {seed}).");
        var expected = 0L;
        await using var file = await client.GetStreamAsync($"api/sync/jobs/{id}/exports/data.jsonl", Ct);
        using var lines = new StreamReader(file);
        while (await lines.ReadLineAsync(Ct) is { } line)
        {
            expected++;
            var record = JsonElement.Parse(line);
            Assert.Equal((expected, $"name {expected}"), (record.GetProperty("id").GetInt64(), record.GetProperty("name").GetString()));
        }

        Assert.Equal(Rows, expected);
        Assert.DoesNotContain(Directory.EnumerateFiles(_system.ExportRoot, "*", SearchOption.AllDirectories), f => Path.GetFileName(f).Contains("tmp", StringComparison.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        await _system.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(_system.SourceDatabase);
        await using var make = source.CreateCommand($"""
            CREATE TABLE big (id bigint PRIMARY KEY, name text, filler text);
            INSERT INTO big SELECT i, 'name ' || i, repeat('x', 300) FROM generate_series(1, {Rows}) i
            """);
        await make.ExecuteNonQueryAsync(Ct);
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    private static async Task<(string Status, int Attempts)> StateAsync(HttpClient client, Guid id)
    {
        var job = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
        return (job.GetProperty("status").GetString()!, job.GetProperty("attempts").GetInt32());
    }
}
