using System.Globalization;
using DataSync.Benchmarks.Cases.Peers;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Rules;

/// <summary>What rules cost: beside npm json-logic-js, and beside the same sync without any.</summary>
internal sealed class RulesCase : BenchmarkCase
{
    private const string Node = "json-logic-js on Node: parse, five rules, write";
    private const string Ours = "DataSync: the same, record by record";
    private const string Without = "a sync without rules, from POST to completed";
    private const string With = "the same sync with the five rules";

    /// <summary>A number compared, money multiplied, a member removed, a nested one looked at, and one that builds on another's result.</summary>
    private const string Rules =
        """
        [{"id":"bulk","when":{">":[{"var":"quantity"},25]},"then":[{"set":{"size":"bulk"}}]},
         {"id":"total","then":[{"set":{"total":{"*":[{"var":"amount"},{"var":"quantity"}]}}}]},
         {"id":"quiet","when":{"==":[{"var":"active"},false]},"then":[{"remove":"note"}]},
         {"id":"express","when":{"and":[{"var":"attributes.delivery.express"},{"in":[{"var":"attributes.channel"},["web","app"]]}]},"then":[{"tag":"express"}]},
         {"id":"vip","when":{"and":[{">":[{"var":"total"},500000]},{"!":{"missing":["email"]}}]},"then":[{"set":{"tier":{"if":[{">":[{"var":"total"},2000000]},"gold","silver"]}}}]}]
        """;

    public override string Name => "rules";

    public override string Title => "five rules over orders, beside npm json-logic-js on Node and beside a sync without rules";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var (rules, records) = (context.Scratch("rules.json"), context.Scratch("rules.jsonl"));
        await File.WriteAllTextAsync(rules, Rules, ct);
        await context.Server.Psql.Run(source, $"\\copy (SELECT row_to_json(o) FROM orders o) TO '{records}' {Psql.PlainLines}").RunAsync(context.Server.Cpu, ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        await WholeJob.RegisterAsync(system, reader, ct);
        var (plain, ruled) = (new WholeJob(context, system, "[]"), new WholeJob(context, system, Rules));
        var expected = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [RulesProgram.ExpectedSetting] = context.Rows.ToString(CultureInfo.InvariantCulture),
            ["NODE_FOLDER"] = PeerProgram.NodeFolder(context.Checkout),
        };
        var peer = PeerProgram.NodeRules(context.Checkout);
        var node = new ChildProcess([.. peer.Command, rules, records], expected);
        var ours = SelfProcess.Of([RulesProgram.Name, rules, records], expected);
        return new CasePlan(
            [
                new Contender(Node, token => node.RunAsync(context.Server.Cpu, token)) { Missing = peer.Missing },
                new Contender(Ours, token => ours.RunAsync(context.Server.Cpu, token)),
                new Contender(Without, plain.RunAsync) { BeforeAsync = plain.ResetAsync, CheckAsync = token => plain.CheckAsync(context.Rows, token) },
                new Contender(With, ruled.RunAsync) { BeforeAsync = ruled.ResetAsync, CheckAsync = token => ruled.CheckAsync(context.Rows, token) },
            ],
            [
                new Target("CPU time of json-logic-js on Node beside ours", 5, r => Cpu(r, Node) / Cpu(r, Ours)) { AtLeast = true },
                new Target("a sync with the rules beside one without, wall time", 1.3, r => r.WallRatio(With, Without)),
            ])
        {
            EndAsync = system.DisposeAsync,
        };
    }

    private static double? Cpu(CaseResults results, string contender) => results.Median(contender, m => m.ClientCpu.TotalSeconds);
}
