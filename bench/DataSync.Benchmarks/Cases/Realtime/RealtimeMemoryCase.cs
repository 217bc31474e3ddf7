using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Realtime;

/// <summary>Whether the realtime limit is what it says: callers ask for more than fits, and those who get something read it slowly.</summary>
internal sealed class RealtimeMemoryCase : BenchmarkCase
{
    private const string Ours = "callers that fill the limit and read slowly";
    private const string Above = "rss_above_idle_of_limit";
    private const string Served = "served";
    private const string Refused = "refused";
    private const int LimitMegabytes = 256;
    private const int Callers = 12;
    private const string Wide = "SELECT i, repeat(md5(i::text), 32) AS a FROM generate_series(1, 36000) i"; // about 40 MB a caller

    public override string Name => "realtime-memory";

    public override string Title => $"memory of the API while realtime syncs hold {LimitMegabytes} MB, its limit";

    public override long Rows => 36_000;

    public override int Rounds => 3;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["SYNC_REALTIME_MAX_MEMORY_MB"] = LimitMegabytes.ToString(CultureInfo.InvariantCulture),
            ["DATASYNC_REALTIME_TENANT_SHARE"] = "100",
            ["SYNC_MAX_CONCURRENT_JOBS_PER_TENANT"] = "100",
        };
        var system = await StartedSystem.StartAsync(context, reader, settings, ct);
        await system.StopWorkerAsync();
        await system.Client.RegisterAsync("wide", SourceParameters.Of(reader), new JsonObject { ["query"] = Wide }, ct);
        await system.Client.RegisterAsync("narrow", SourceParameters.Of(reader), new JsonObject { ["query"] = "SELECT i FROM generate_series(1, 1000) i" }, ct);
        for (var i = 0; i < 100; i++) await system.Client.RealtimeAsync(Start("narrow"), ct);
        var idle = system.ApiProcess.ResidentBytes;
        return new CasePlan(
            [new Contender(Ours, token => RunAsync(system, idle, token))],
            [
                new Target("memory above idle, of the limit", 1.3, r => r.Of(Ours) is { Count: > 0 } runs ? runs.Max(m => m.Figures[Above]) : null),
                new Target("callers refused because the limit was reached", 1, r => r.Median(Ours, m => m.Figures[Refused])) { AtLeast = true, Unit = "callers" },
                new Target("callers served", 1, r => r.Median(Ours, m => m.Figures[Served])) { AtLeast = true, Unit = "callers" },
            ])
        {
            EndAsync = system.DisposeAsync,
        };
    }

    private static async Task<Measurement> RunAsync(StartedSystem system, long idle, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var (served, refused) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            if (await system.Client.ReadSlowlyAsync(Start("wide"), TimeSpan.FromSeconds(3), ct)) Interlocked.Increment(ref served);
            else Interlocked.Increment(ref refused);
        }));
        var peak = system.ApiProcess.PeakBytes;
        return new Measurement
        {
            Wall = Stopwatch.GetElapsedTime(began),
            PeakBytes = peak,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [Above] = (peak - idle) / (LimitMegabytes * 1048576.0), [Served] = served, [Refused] = refused },
        };
    }

    private static JsonObject Start(string source) => new()
    {
        ["source_id"] = source,
        ["mode"] = "realtime",
        ["export_config"] = new JsonObject { ["inline"] = true, ["include_original"] = false, ["include_metadata"] = false },
    };
}
