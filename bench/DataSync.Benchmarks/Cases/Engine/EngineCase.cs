using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using Npgsql;

namespace DataSync.Benchmarks.Cases.Engine;

/// <summary>What a sync costs that has nothing to move: claim, lease, history, a connection to the source, an export, a manifest.</summary>
internal sealed class EngineCase : BenchmarkCase
{
    private const string Limit = "limit: Hangfire's own jobs that do nothing";
    private const string Ours = "empty syncs, export included";
    private const string Rate = "jobs_per_s";
    private const int Threads = 8;

    public override string Name => "engine";

    public override string Title => "empty syncs a second by one worker, beside Hangfire's own empty jobs with as many threads";

    /// <summary>Jobs of a round.</summary>
    public override long Rows => 3000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        await source.ExecuteAsync("CREATE TABLE nothing (id bigint PRIMARY KEY)", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["SYNC_MAX_CONCURRENT_JOBS_PER_TENANT"] = "1000", // one tenant's share is not what is measured
            ["DATASYNC_WORKER_THREADS"] = Threads.ToString(CultureInfo.InvariantCulture),
            ["DATASYNC_RATE_LIMIT_PER_SECOND"] = "100000",
            ["DATASYNC_RATE_LIMIT_BURST"] = "100000",
        };
        var system = await StartedSystem.StartAsync(context, reader, settings, ct);
        await system.Client.RegisterAsync("nothing", SourceParameters.Of(reader), new JsonObject { ["table"] = "nothing" }, ct);
        return new CasePlan(
            [
                new Contender(Limit, token => BareAsync(context, system, token)),
                new Contender(Ours, token => DrainAsync(context, system, token)) { BeforeAsync = token => QueueAsync(context, system, token) },
            ],
            [new Target("empty syncs a second beside Hangfire's own jobs", 0.4, r => r.Median(Ours, m => m.Figures[Rate]) / r.Median(Limit, m => m.Figures[Rate])) { AtLeast = true }])
        {
            EndAsync = system.DisposeAsync,
        };
    }

    private static async Task<Measurement> BareAsync(BenchContext context, StartedSystem system, CancellationToken ct)
    {
        var result = context.Scratch("bare-hangfire.txt");
        var measured = await SelfProcess.Of([BareHangfireProgram.Name, $"{context.Rows}", $"{Threads}", result], system.Database.Settings).RunAsync(context.Server.Cpu, ct);
        return measured with { Figures = With(double.Parse(await File.ReadAllTextAsync(result, ct), CultureInfo.InvariantCulture)) };
    }

    /// <summary>All of the round's jobs wait for a worker, which is then started.</summary>
    private static async Task QueueAsync(BenchContext context, StartedSystem system, CancellationToken ct)
    {
        await system.StopWorkerAsync();
        foreach (var folder in Directory.GetDirectories(system.Exports)) Directory.Delete(folder, recursive: true);
        await system.Database.Superuser.ExecuteAsync("TRUNCATE sync_jobs, sync_job_attempts, sync_job_stages, hangfire.job CASCADE; CHECKPOINT", ct);
        var start = new JsonObject { ["source_id"] = "nothing", ["mode"] = "async", ["output_format"] = "jsonl" };
        await Parallel.ForAsync(0L, context.Rows, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, async (_, token) => await system.Client.StartAsync(start.DeepClone().AsObject(), token));
    }

    private static async Task<Measurement> DrainAsync(BenchContext context, StartedSystem system, CancellationToken ct)
    {
        var server = await context.Server.Cpu.ReadAsync(ct);
        var began = TimeProvider.System.GetTimestamp();
        await system.RestartWorkerAsync();
        while (await system.Database.Superuser.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE status NOT IN ('queued', 'running')", ct) < context.Rows) await Task.Delay(100, ct);
        var wall = TimeProvider.System.GetElapsedTime(began);
        return new Measurement
        {
            Wall = wall,
            ClientCpu = system.Worker.Cpu,
            ServerCpu = await context.Server.Cpu.SinceAsync(server, ct),
            PeakBytes = system.Worker.PeakBytes,
            Figures = With(JobRate.Of(await EndsAsync(system, context.Rows, ct))),
        };
    }

    private static async Task<List<double>> EndsAsync(StartedSystem system, long expected, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(system.Database.Superuser.ConnectionString);
        await using var command = source.CreateCommand("SELECT extract(epoch FROM completed_at)::float8 FROM sync_jobs WHERE status = 'completed' ORDER BY completed_at");
        await using var rows = await command.ExecuteReaderAsync(ct);
        List<double> ends = [];
        while (await rows.ReadAsync(ct)) ends.Add(rows.GetDouble(0));
        return ends.Count == expected ? ends : throw new BenchmarkException($"{ends.Count} of {expected} jobs completed.");
    }

    private static Dictionary<string, double> With(double rate) => new(StringComparer.Ordinal) { [Rate] = rate };
}
