using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Fence;

/// <summary>What it costs that a crash loses nothing and a stale worker writes nothing.</summary>
internal sealed class FenceCase : BenchmarkCase
{
    private const string Without = "the same run without checkpoint and fence";
    private const string With = "records stored with checkpoint and fence in each commit";

    public override string Name => "fence";

    public override string Title => "records → PostgreSQL with checkpoint and fence, beside the same run without";

    public override long Rows => 300_000;

    public override int Rounds => 15;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var system = await SystemDatabase.CreateAsync(context.Server, context.Checkout, ct);
        await system.MigrateAsync(ct);
        var file = context.Scratch("fence.jsonl");
        await context.Server.Psql.Run(source, $"\\copy (SELECT row_to_json(o) FROM orders o) TO '{file}' {Psql.PlainLines}").RunAsync(context.Server.Cpu, ct);
        return new CasePlan(
            [Run(Without, [StoreProgram.Name, file, StoreProgram.Unfenced]), Run(With, [StoreProgram.Name, file])],
            [new Target("checkpoint and fence, CPU time of both sides", 1.15, r => r.Cpu(With) / r.Cpu(Without))]);

        Contender Run(string name, string[] arguments) => new(name, token => SelfProcess.Of(arguments, system.Settings).RunAsync(context.Server.Cpu, token))
        {
            BeforeAsync = token => system.Superuser.ExecuteAsync("TRUNCATE sync_data; DELETE FROM sync_jobs; CHECKPOINT", token),
            CheckAsync = async token =>
            {
                var rows = await system.Superuser.ScalarAsync<long>("SELECT count(*) FROM sync_data", token);
                if (rows != context.Rows) throw new BenchmarkException($"{rows} of {context.Rows} records were stored.");
            },
        };
    }
}
