using System.Diagnostics;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using Npgsql;

namespace DataSync.Benchmarks.Cases.Changes;

/// <summary>How fast followed changes come in, and how far behind a continuous schedule stays.</summary>
internal sealed class ChangesCase : BenchmarkCase
{
    private const string Limit = "limit: pg_recvlogical of the same publication";
    private const string Ours = "DataSync, from POST to completed";
    private const string Behind = "DataSync, continuous beside a writer";
    private const string BehindFigure = "behind_s", WritingFigure = "writing_s";
    private const string Slot = "limit";
    private const int Rate = 5000, Steps = 10;
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public override string Name => "changes";

    public override string Title => "changes of a PostgreSQL table by its log, stored and exported as JSONL, beside pg_recvlogical into a file";

    public override long Rows => 200_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var orders = await FollowedOrders.StartAsync(context, ct);
        var file = context.Scratch("changes-limit.bin");
        var delivered = 0L;
        return new CasePlan(
            [
                new Contender(Limit, token => ReceiveAsync(context, orders, file, token))
                {
                    BeforeAsync = async token =>
                    {
                        await orders.Database.ExecuteAsync($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{Slot}'; SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')", token);
                        await orders.ChangeAsync(context.Rows, token);
                        File.Delete(file);
                    },
                    CheckAsync = _ => new FileInfo(file).Length > context.Rows * 50 ? Task.CompletedTask : throw new BenchmarkException("pg_recvlogical did not get the changes."),
                },
                new Contender(Ours, async token =>
                {
                    var (cpu, began) = (orders.System.Cpu, Stopwatch.GetTimestamp());
                    delivered = await orders.SyncAsync(token);
                    return new Measurement { Wall = Stopwatch.GetElapsedTime(began), ClientCpu = orders.System.Cpu - cpu, PeakBytes = orders.System.Worker.PeakBytes };
                })
                {
                    BeforeAsync = async token =>
                    {
                        await orders.SyncAsync(token); // what the limit's run changed
                        await orders.ChangeAsync(context.Rows, token);
                    },
                    CheckAsync = _ => delivered == context.Rows ? Task.CompletedTask : throw new BenchmarkException($"{delivered} changes were delivered instead of {context.Rows}."),
                },
                new Contender(Behind, token => FollowAsync(orders, token))
                {
                    BeforeAsync = async token =>
                    {
                        await orders.SyncAsync(token);
                        await orders.ScheduleAsync(token);
                    },
                    CheckAsync = orders.UnscheduleAsync,
                },
            ],
            [
                new Target("changes applied a second", 20_000, r => context.Rows / r.Wall(Ours)) { AtLeast = true, Unit = "/s" },
                new Target($"behind at {Rate:N0} changes a second, the worst round", 2, r => Worst(r, BehindFigure)) { Unit = "s" },
                new Target($"writing them, of the {Writing.TotalSeconds:0} s planned, the worst round", 1.05, r => Worst(r, WritingFigure) / Writing.TotalSeconds),
            ])
        {
            EndAsync = orders.DisposeAsync,
        };
    }

    /// <summary>The same changes as the server sends them, to the end there is now.</summary>
    private static async Task<Measurement> ReceiveAsync(BenchContext context, FollowedOrders orders, string file, CancellationToken ct)
    {
        var end = await orders.Database.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text", ct);
        var publication = await orders.Database.ScalarAsync<string>("SELECT pubname::text FROM pg_publication LIMIT 1", ct);
        await orders.Database.ExecuteAsync("SELECT pg_switch_wal()", ct); // so that there is something behind the end, and the program sees it
        var program = Path.Combine(Path.GetDirectoryName(context.Server.Psql.Program)!, "pg_recvlogical");
        var receive = new ChildProcess(
            [program, "--start", $"--slot={Slot}", "-o", "proto_version=1", "-o", $"publication_names={publication}", "-o", "binary=true", $"--endpos={end}", "--no-loop", $"--file={file}", "-d", orders.Database.Name],
            Psql.Session(orders.Database.Parameters));
        return await receive.RunAsync(new ServerCpu(null), ct);
    }

    private static double? Worst(CaseResults results, string figure) => results.Of(Behind) is { Count: > 0 } runs ? runs.Max(m => m.Figures[figure]) : null;

    /// <summary>Writes at the rate and watches how old the oldest change is that was not delivered yet; the worst of it, and how long the writing took: a writer that is slower follows nobody's rate.</summary>
    private static async Task<Measurement> FollowAsync(FollowedOrders orders, CancellationToken ct)
    {
        var before = await orders.DeliveredAsync(ct);
        var (cpu, began) = (orders.System.Cpu, Stopwatch.GetTimestamp());
        List<(long Count, TimeSpan At)> committed = [];
        var writing = WriteAsync(orders, committed, began, ct);
        var worst = TimeSpan.Zero;
        while (true)
        {
            await Task.Delay(Look, ct);
            var at = Stopwatch.GetElapsedTime(began);
            var got = await orders.DeliveredAsync(ct) - before;
            TimeSpan? oldest;
            lock (committed) oldest = committed.Where(c => c.Count > got).Select(c => (TimeSpan?)c.At).FirstOrDefault();
            if (oldest is { } waiting && at - waiting > worst) worst = at - waiting;
            if (oldest is null && writing.IsCompleted) break;
            if (at > Writing * 6) throw new BenchmarkException($"{got} changes were delivered within {at.TotalSeconds:F0} s.");
        }

        var wrote = await writing;
        return new Measurement
        {
            Wall = Stopwatch.GetElapsedTime(began),
            ClientCpu = orders.System.Cpu - cpu,
            PeakBytes = orders.System.Worker.PeakBytes,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [BehindFigure] = worst.TotalSeconds, [WritingFigure] = wrote.TotalSeconds },
        };
    }

    /// <summary>Writes at the rate, as far as the server lets it; returns how long it took.</summary>
    private static async Task<TimeSpan> WriteAsync(FollowedOrders orders, List<(long Count, TimeSpan At)> committed, long began, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(orders.Database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        const int Step = Rate / Steps;
        var steps = (int)Writing.TotalSeconds * Steps;
        for (var i = 0; i < steps; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / Steps) - Stopwatch.GetElapsedTime(began);
            if (due > TimeSpan.Zero) await Task.Delay(due, ct);
            await FollowedOrders.ChangeAsync(connection, (long)i * Step, Step, ct);
            lock (committed) committed.Add(((i + 1L) * Step, Stopwatch.GetElapsedTime(began)));
        }

        return Stopwatch.GetElapsedTime(began);
    }
}
