using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Benchmarks.Cases.Realtime;

/// <summary>What a caller waits for records answered inline, and what many callers at once do to that.</summary>
internal sealed class RealtimeCase : BenchmarkCase
{
    private const string Limit = "limit: psql's own time for the query, on an open session";
    private const string Ours = "POST answered with the records";
    private const string Crowd = "64 callers at once, 10 calls each";
    private const string P95 = "p95_s";
    private const int Calls = 30;
    private const int Callers = 64;
    private const int WarmUp = 3000;
    private const string Query = "SELECT * FROM orders ORDER BY id";

    public override string Name => "realtime";

    public override string Title => "1,000 records of PostgreSQL answered inline over HTTP, beside psql's own time for the query";

    public override long Rows => 1000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        await system.StopWorkerAsync();
        await system.Client.RegisterAsync("orders", SourceParameters.Of(reader), new JsonObject { ["query"] = Query }, ct);

        // A service that has run for a while: before that, it is the compiler that is measured.
        await CallsAsync(context, system, 4, WarmUp / 4, ct);
        return new CasePlan(
            [new Contender(Limit, token => PsqlAsync(context, source, token)), new Contender(Ours, token => CallsAsync(context, system, 1, Calls, token))],
            [new Target("p95 of the calls, beside 2 × psql's median + 20 ms", 1, r => r.Median(Ours, m => m.Figures[P95]) / ((2 * r.Median(Limit, m => m.Wall.TotalSeconds)) + 0.02))])
        {
            Afterwards = [new Contender(Crowd, token => CallsAsync(context, system, Callers, 10, token))],
            EndAsync = system.DisposeAsync,
        };
    }

    /// <summary>The median of psql's own measure of its queries in one session, after one that warms it.</summary>
    private static async Task<Measurement> PsqlAsync(BenchContext context, Database source, CancellationToken ct)
    {
        var start = new ProcessStartInfo(context.Server.Psql.Program, ["-X", "-q", "-v", "ON_ERROR_STOP=1"]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in Psql.Session(source.Parameters)) start.Environment[name] = value;
        using var psql = OsProcess.Start(start) ?? throw new BenchmarkException("psql could not be started.");
        var answer = psql.StandardOutput.ReadToEndAsync(ct);
        await psql.StandardInput.WriteLineAsync($"\\o /dev/null\n{Query};\n\\timing on".AsMemory(), ct);
        for (var i = 0; i < Calls; i++) await psql.StandardInput.WriteLineAsync($"{Query};".AsMemory(), ct);
        psql.StandardInput.Close();
        await psql.WaitForExitAsync(ct);
        double[] times = [.. (await answer).Split('\n').Where(l => l.StartsWith("Time: ", StringComparison.Ordinal)).Select(l => double.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture)).Order()];
        return times.Length == Calls
            ? new Measurement { Wall = TimeSpan.FromMilliseconds(times[Calls / 2]) }
            : throw new BenchmarkException($"psql timed {times.Length} of {Calls} queries.");
    }

    /// <summary>Callers at once, each with calls one after the other. An error of any is no result.</summary>
    private static async Task<Measurement> CallsAsync(BenchContext context, StartedSystem system, int callers, int calls, CancellationToken ct)
    {
        var times = new double[callers * calls];
        var cpu = system.ApiProcess.Cpu;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            for (var i = 0; i < calls; i++)
            {
                var asked = Stopwatch.GetTimestamp();
                var records = await system.Client.RealtimeAsync(Start(), ct);
                times[(caller * calls) + i] = Stopwatch.GetElapsedTime(asked).TotalSeconds;
                if (records != context.Rows) throw new BenchmarkException($"The answer held {records} of {context.Rows} records.");
            }
        }));
        var wall = Stopwatch.GetElapsedTime(began);
        Array.Sort(times);
        return new Measurement
        {
            Wall = wall / times.Length,
            ClientCpu = (system.ApiProcess.Cpu - cpu) / times.Length,
            PeakBytes = system.ApiProcess.PeakBytes,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [P95] = times[(int)Math.Ceiling(times.Length * 0.95) - 1] },
        };
    }

    private static JsonObject Start() => new()
    {
        ["source_id"] = "orders",
        ["mode"] = "realtime",
        ["export_config"] = new JsonObject { ["inline"] = true, ["include_original"] = false, ["include_metadata"] = false },
    };
}
