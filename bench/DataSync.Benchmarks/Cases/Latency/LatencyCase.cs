using System.Diagnostics;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Latency;

/// <summary>How long a small sync keeps its caller waiting on an idle system.</summary>
internal sealed class LatencyCase : BenchmarkCase
{
    private const string Ours = "one sync, from POST to completed";
    private const string FirstRecord = "first_record_s";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    // Long enough for everything of the sync before to be over: each one meets an idle system.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    public override string Name => "latency";

    public override string Title => "a small sync over HTTP on an idle system, from the POST to the first record and to completed";

    public override long Rows => 100;

    public override int Rounds => 40;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        await WholeJob.RegisterAsync(system, reader, ct);
        return new CasePlan(
            [new Contender(Ours, token => RunAsync(context, system, token)) { BeforeAsync = token => Task.Delay(Rest, token) }],
            [
                new Target("POST to completed, p95", 1, r => Percentile95(r, m => m.Wall.TotalSeconds)) { Unit = "s" },
                new Target("POST to first record seen, p95", 0.5, r => Percentile95(r, m => m.Figures[FirstRecord])) { Unit = "s" },
            ])
        {
            EndAsync = system.DisposeAsync,
        };
    }

    /// <summary>Times as a caller sees them: the poll's interval and the answers' own time count, too.</summary>
    private static async Task<Measurement> RunAsync(BenchContext context, StartedSystem system, CancellationToken ct)
    {
        var cpu = system.Cpu;
        var began = Stopwatch.GetTimestamp();
        var id = await system.Client.StartAsync(new JsonObject { ["source_id"] = "orders", ["mode"] = "async", ["output_format"] = "jsonl" }, ct);
        TimeSpan? first = null;
        while (true)
        {
            var job = await system.Client.JobAsync(id, ct);
            var now = Stopwatch.GetElapsedTime(began);
            if ((long?)job["progress"]?["extracted"] > 0) first ??= now;
            switch ((string?)job["status"])
            {
                case "queued" or "running":
                    await Task.Delay(Poll, ct);
                    continue;
                case "completed" when (long?)job["record_count"] == context.Rows:
                    return new Measurement
                    {
                        Wall = now, ClientCpu = system.Cpu - cpu, PeakBytes = system.Worker.PeakBytes,
                        Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [FirstRecord] = (first ?? now).TotalSeconds },
                    };
                default:
                    throw new BenchmarkException($"The job ended as {job["status"]} with {job["record_count"]} records: {job["error_details"]?.ToJsonString()}");
            }
        }
    }

    private static double? Percentile95(CaseResults results, Func<Measurement, double> figure)
    {
        double[] values = [.. results.Of(Ours).Select(figure).Order()];
        return values.Length == 0 ? null : values[(int)Math.Ceiling(values.Length * 0.95) - 1];
    }
}
