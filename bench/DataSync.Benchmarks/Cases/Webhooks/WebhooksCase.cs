using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>How many deliveries a second are on disk and answered, beside as many single-row inserts of PostgreSQL's own; how long each takes; and what too many do.</summary>
internal sealed class WebhooksCase : BenchmarkCase
{
    public const string Rate = "per_second";
    private const string Limit = "limit: pgbench, one insert a transaction, 64 clients";
    private const string Ours = "deliveries answered 202, 64 connections";
    private const string Draining = "the same while a worker makes records of them";
    private const string Overload = "1500 connections";
    private const string P99 = "p99_ms";
    private const string Refused = "refused";
    private const string AboveIdle = "mb_above_idle";
    private const int Connections = 64;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    /// <summary>The compiler works on the two cores that are measured until every method has been seen often enough.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(40);

    public override string Name => "webhooks";

    public override string Title => "durable acknowledgements of signed 1 KB deliveries, beside pgbench's single-row inserts";

    /// <summary>Every run is a rate: its wall time is that of one delivery.</summary>
    public override long Rows => 1;

    public override int Rounds => 5;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var inserts = await SingleInserts.PrepareAsync(context, ct);
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var system = await StartedSystem.StartAsync(context, await context.Server.CreateReaderAsync(source, ct), ct);
        await system.StopWorkerAsync();
        var load = await Delivery.ToAsync(system, StoreProgram.Tenant, ct);

        // A service that has run for a while: before that, it is the compiler that is measured.
        await load.RunAsync(Connections, WarmUp, ct);
        var (body, idle) = (Delivery.Body(), system.ApiProcess.ResidentBytes);
        return new CasePlan(
            [
                new Contender(Limit, token => inserts.RunAsync(Connections, Duration, body, token)) { BeforeAsync = inserts.ResetAsync, Missing = SingleInserts.Program(context) is null ? "pgbench (Debian: postgresql-contrib)" : null },
                new Contender(Ours, token => RunAsync(context, system, load, Connections, idle, token)) { BeforeAsync = token => ResetAsync(system, token) },
            ],
            [
                new Target("deliveries a second, of pgbench's inserts", 1, r => r.WallRatio(Limit, Ours)) { AtLeast = true },
                new Target("from a request to its answer, p99", 20, r => r.Median(Ours, m => m.Figures[P99])) { Unit = "ms" },
                new Target("memory above idle under 1500 connections", 200, r => r.Of(Overload) is { Count: > 0 } runs ? runs.Max(m => m.Figures[AboveIdle]) : null) { Unit = "MB" },
                new Target("from a request to its answer under 1500 connections, p99", 1000, r => r.Median(Overload, m => m.Figures[P99])) { Unit = "ms" },
            ])
        {
            Afterwards =
            [
                new Contender(Overload, token => RunAsync(context, system, load, 1500, idle, token)) { BeforeAsync = token => ResetAsync(system, token) },
                new Contender(Draining, async token =>
                {
                    await system.RestartWorkerAsync();
                    return await RunAsync(context, system, load, Connections, idle, token);
                }) { BeforeAsync = token => ResetAsync(system, token) },
            ],
            EndAsync = system.DisposeAsync,
        };
    }

    private static Task ResetAsync(StartedSystem system, CancellationToken ct) => system.Database.Superuser.ExecuteAsync("TRUNCATE webhook_deliveries; CHECKPOINT", ct);

    private static async Task<Measurement> RunAsync(BenchContext context, StartedSystem system, DeliveryLoad load, int connections, long idle, CancellationToken ct)
    {
        var (client, server) = (system.ApiProcess.Cpu + Own(), await context.Server.Cpu.ReadAsync(ct));
        var result = await load.RunAsync(connections, Duration, ct);
        client = system.ApiProcess.Cpu + Own() - client;
        var serverCpu = await context.Server.Cpu.SinceAsync(server, ct);
        if (result.Accepted == 0) throw new BenchmarkException("No delivery was accepted.");
        var stored = await system.Database.Superuser.ScalarAsync<long>("SELECT count(*) FROM webhook_deliveries", ct);
        if (stored != result.Accepted) throw new BenchmarkException($"{result.Accepted} deliveries were acknowledged and {stored} are stored.");
        return new Measurement
        {
            Wall = result.Wall / result.Accepted,
            ClientCpu = client / result.Accepted,
            ServerCpu = serverCpu / result.Accepted,
            PeakBytes = system.ApiProcess.PeakBytes,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Rate] = result.Accepted / result.Wall.TotalSeconds,
                [P99] = Math.Max(result.AcceptedP99, result.RefusedP99),
                [Refused] = result.Refused,
                [AboveIdle] = (system.ApiProcess.PeakBytes - idle) / 1048576.0,
            },
        };
    }

    /// <summary>CPU time of the client that sends, as pgbench is its own.</summary>
    private static TimeSpan Own() => ProcessFiles.OwnCpu(Environment.ProcessId);
}
