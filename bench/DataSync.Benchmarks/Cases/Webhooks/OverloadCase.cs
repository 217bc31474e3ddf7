using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>
/// Many minutes of far more deliveries than fit, of one tenant: its senders hear 429 or 503 instead of waiting, the API's memory stays what it was, and another tenant's deliveries get
/// through beside them.
/// </summary>
internal sealed class OverloadCase : BenchmarkCase
{
    private const string Quiet = "4 connections of a tenant that sends now and then, alone";
    private const string Flood = "1500 connections that send without a pause";
    private const string Beside = "the 4 connections meanwhile";
    private const string AcceptedP99 = "202_p99_ms", RefusedP99 = "429_503_p99_ms", Longest = "longest_ms", Accepted = "202_per_second", Refused = "429_503_per_second", RefusedCount = "429_503";
    private const string AboveIdle = "mb_above_idle", Growth = "mb_grown_in_the_second_half";
    private const int Connections = 1500, QuietConnections = 4;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10), WarmUp = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(50);

    public override string Name => "webhooks-overload";

    public override string Title => "far more deliveries than fit, for minutes (--seconds): answers, memory, and another tenant beside it";

    /// <summary>Every run is a rate: its wall time is that of one delivery.</summary>
    public override long Rows => 1;

    public override int Rounds => 1;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var system = await StartedSystem.StartAsync(context, await context.Server.CreateReaderAsync(source, ct), ct);
        await system.StopWorkerAsync();
        var (flood, quiet) = (await Delivery.ToAsync(system, StoreProgram.Tenant, ct), await Delivery.ToAsync(system, "quiet", ct, Pause));
        await flood.RunAsync(64, WarmUp, ct);
        var idle = system.ApiProcess.ResidentBytes;
        LoadResult? beside = null;
        return new CasePlan(
            [new Contender(Quiet, async token => Measured(await quiet.RunAsync(QuietConnections, Short, token)))],
            [
                new Target("memory above idle", 200, r => r.Median(Flood, m => m.Figures[AboveIdle])) { Unit = "MB" },
                new Target("memory that the second half took more than the first", 20, r => r.Median(Flood, m => m.Figures[Growth])) { Unit = "MB" },
                new Target("from a delivery to its 202, p99", 1000, r => r.Median(Flood, m => m.Figures[AcceptedP99])) { Unit = "ms" },
                new Target("refusals of the flood, without which nothing was overloaded", 1, r => r.Median(Flood, m => m.Figures[RefusedCount])) { AtLeast = true, Unit = "deliveries" },
                new Target("from a delivery to its 429 or 503, p99", 1000, r => r.Median(Flood, m => m.Figures[RefusedP99])) { Unit = "ms" },
                new Target("refusals of the other tenant", 0, r => r.Median(Beside, m => m.Figures[Refused])) { Unit = "a second" },
                new Target("from the other tenant's delivery to its 202, p99", 1000, r => r.Median(Beside, m => m.Figures[AcceptedP99])) { Unit = "ms" },
            ])
        {
            Afterwards =
            [
                new Contender(Flood, async token =>
                {
                    var duration = context.Duration ?? (context.SkipLarge ? TimeSpan.FromMinutes(1) : TimeSpan.FromMinutes(10));
                    await using var memory = new MemoryTrack(() => system.ApiProcess.ResidentBytes);
                    await using var disk = await InboxEmptier.StartAsync(system, token);
                    var others = quiet.RunAsync(QuietConnections, duration, token);
                    var result = await flood.RunAsync(Connections, duration, token);
                    beside = await others;
                    await disk.ExpectAsync(result.Accepted + beside.Accepted, token);
                    return Measured(result, (AboveIdle, (memory.Peak - idle) / 1048576.0), (Growth, memory.Growth / 1048576.0)) with { PeakBytes = system.ApiProcess.PeakBytes };
                }),
                new Contender(Beside, _ => Task.FromResult(Measured(beside ?? throw new BenchmarkException("The flood was not measured.")))),
            ],
            EndAsync = system.DisposeAsync,
        };
    }

    private static Measurement Measured(LoadResult result, params IEnumerable<(string Name, double Value)> more) => new()
    {
        Wall = result.Wall / Math.Max(1, result.Accepted),
        Figures = new Dictionary<string, double>(more.Select(m => KeyValuePair.Create(m.Name, m.Value)), StringComparer.Ordinal)
        {
            [Accepted] = result.Accepted / result.Wall.TotalSeconds,
            [Refused] = result.Refused / result.Wall.TotalSeconds,
            [RefusedCount] = result.Refused,
            [AcceptedP99] = result.AcceptedP99,
            [RefusedP99] = result.RefusedP99,
            [Longest] = result.Longest,
        },
    };
}
