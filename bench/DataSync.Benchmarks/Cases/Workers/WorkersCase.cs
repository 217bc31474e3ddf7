using System.Diagnostics;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Workers;

/// <summary>Two jobs by one worker that runs one at a time, and by two such workers. The work is rules, which neither database does.</summary>
internal sealed class WorkersCase : BenchmarkCase
{
    private const string One = "one worker, two jobs one after the other";
    private const string Two = "two workers, a job each";
    private const int Rules = 500;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    public override string Name => "workers";

    public override string Title => "two jobs of many rules by one worker and by two, each running one job at a time";

    public override long Rows => 20_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_WORKER_THREADS"] = "1" }, ct);
        await WholeJob.RegisterAsync(system, reader, ct);
        HostProcess? second = null;
        return new CasePlan(
            [
                new Contender(One, token => RunAsync(context, system, null, token)) { BeforeAsync = token => ReadyAsync(1, token) },
                new Contender(Two, token => RunAsync(context, system, second, token)) { BeforeAsync = token => ReadyAsync(2, token) },
            ],
            [new Target("two workers beside one", 0.6, r => r.WallRatio(Two, One))])
        {
            EndAsync = async () =>
            {
                if (second is not null) await second.DisposeAsync();
                await system.DisposeAsync();
            },
        };

        // A worker that has just come up is still being compiled: each runs a job of its own before it counts.
        async Task ReadyAsync(int workers, CancellationToken token)
        {
            await system.Database.Superuser.ExecuteAsync("TRUNCATE sync_data, sync_rejections; CHECKPOINT", token);
            foreach (var folder in Directory.GetDirectories(system.Exports)) Directory.Delete(folder, recursive: true);
            if (workers == 1 && second is not null)
            {
                await second.DisposeAsync();
                second = null;
            }
            else if (workers == 2 && second is null)
            {
                second = system.StartWorker();
                for (var running = 0L; running < 2; running = await system.Database.Superuser.ScalarAsync<long>("SELECT count(*) FROM hangfire.server WHERE lastheartbeat > now() - interval '60 seconds'", token)) await Task.Delay(200, token);
                await FinishAsync(system, context.Rows, 2, token);
                await FinishAsync(system, context.Rows, 2, token);
            }
        }
    }

    private static async Task<Measurement> RunAsync(BenchContext context, StartedSystem system, HostProcess? second, CancellationToken ct)
    {
        var server = await context.Server.Cpu.ReadAsync(ct);
        var cpu = system.Cpu + (second?.Cpu ?? TimeSpan.Zero);
        var began = Stopwatch.GetTimestamp();
        await FinishAsync(system, context.Rows, 2, ct);
        return new Measurement
        {
            Wall = Stopwatch.GetElapsedTime(began),
            ClientCpu = system.Cpu + (second?.Cpu ?? TimeSpan.Zero) - cpu,
            ServerCpu = await context.Server.Cpu.SinceAsync(server, ct),
            PeakBytes = system.Worker.PeakBytes,
        };
    }

    private static async Task FinishAsync(StartedSystem system, long rows, int jobs, CancellationToken ct)
    {
        List<string> ids = [];
        for (var i = 0; i < jobs; i++) ids.Add(await system.Client.StartAsync(Start(), ct));
        foreach (var id in ids)
        {
            JsonObject job;
            while ((string?)(job = await system.Client.JobAsync(id, ct))["status"] is "queued" or "running") await Task.Delay(Poll, ct);
            if ((string?)job["status"] != "completed" || (long?)job["record_count"] != rows) throw new BenchmarkException($"A job ended as {job["status"]} with {job["record_count"]} records: {job["error_details"]?.ToJsonString()}");
        }
    }

    private static JsonObject Start() => new()
    {
        ["source_id"] = "orders",
        ["mode"] = "async",
        ["output_format"] = "jsonl",
        ["refinement_config"] = new JsonObject
        {
            ["business_rules"] = new JsonArray([.. Enumerable.Range(0, Rules).Select(i => JsonNode.Parse(
                $$$"""{"id":"r{{{i}}}","when":{"and":[{"!":[{"in":["zz{{{i}}}",{"cat":[{"var":"note"},{"var":"customer"}]}]}]},{">":[{"var":"quantity"},{{{i + 100}}}]}]},"then":[{"set":{"hit":{{{i}}}}}]}"""))]),
        },
        ["export_config"] = new JsonObject { ["include_original"] = false, ["include_metadata"] = false },
        ["timeout_seconds"] = 3600,
    };
}
