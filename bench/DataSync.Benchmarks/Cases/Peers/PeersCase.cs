using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Peers;

/// <summary>The same whole job beside how it is commonly written in Python and in Node.</summary>
internal sealed class PeersCase : BenchmarkCase
{
    private const string Ours = "DataSync, from POST to completed";
    private const string Python = "Python: SQLAlchemy ORM, json, csv";
    private const string Node = "Node: pg, pg-query-stream, csv-stringify";

    public override string Name => "peers";

    public override string Title => "the whole job beside a Python and a Node program that do the same";

    // The Python program needs minutes for a million.
    public override long Rows => 200_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        await WholeJob.RegisterAsync(system, reader, ct);
        var job = new WholeJob(context, system);
        var target = await PeerTarget.CreateAsync(context.Server, ct);
        return new CasePlan(
            [
                new Contender(Ours, job.RunAsync) { BeforeAsync = job.ResetAsync, CheckAsync = token => job.CheckAsync(context.Rows, token) },
                Peer(context, source, target, Python, PeerProgram.Python(context.Checkout)),
                Peer(context, source, target, Node, PeerProgram.Node(context.Checkout)),
            ],
            [
                new Target("Python takes so many times our time", 4, r => r.WallRatio(Python, Ours)) { AtLeast = true },
                new Target("Node takes so many times our time", 2, r => r.WallRatio(Node, Ours)) { AtLeast = true },
            ])
        {
            EndAsync = system.DisposeAsync,
        };
    }

    private static Contender Peer(BenchContext context, Database source, PeerTarget target, string name, PeerProgram program)
    {
        var (jsonl, csv) = (context.Scratch(name[..4] + ".jsonl"), context.Scratch(name[..4] + ".csv"));
        var environment = new Dictionary<string, string>(Psql.Session(source.Parameters), StringComparer.Ordinal)
        {
            ["SOURCE_DATABASE"] = source.Name, ["TARGET_DATABASE"] = target.Superuser.Name, ["TARGET_USER"] = target.Login, ["TARGET_PASSWORD"] = target.Password,
            ["TENANT"] = StoreProgram.Tenant, ["NODE_FOLDER"] = PeerProgram.NodeFolder(context.Checkout),
        };
        var process = new ChildProcess([.. program.Command, jsonl, csv], environment);
        return new Contender(name, ct => process.RunAsync(context.Server.Cpu, ct))
        {
            Missing = program.Missing,
            BeforeAsync = ct => target.Superuser.ExecuteAsync("TRUNCATE sync_data; CHECKPOINT", ct),
            CheckAsync = async ct =>
            {
                await BenchContext.ExpectLinesAsync(jsonl, context.Rows, ct);
                await BenchContext.ExpectCsvRecordsAsync(csv, context.Rows, ct);
            },
        };
    }
}
