using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Read;

/// <summary>How fast records come in.</summary>
internal sealed class ReadCase : BenchmarkCase
{
    private const string Limit = "limit: psql COPY of row_to_json";
    private const string Ours = "DataSync connector → JSONL";

    public override string Name => "read";

    public override string Title => "PostgreSQL → JSONL file, beside psql's COPY of row_to_json";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var (limitFile, oursFile) = (context.Scratch("read-limit.jsonl"), context.Scratch("read-ours.jsonl"));
        var limit = context.Server.Psql.Run(source, $"\\copy (SELECT row_to_json(o) FROM orders o) TO '{limitFile}' {Server.Psql.PlainLines}");
        var settings = new Dictionary<string, string>(SourceParameters.Settings(reader), StringComparer.Ordinal)
        {
            [ReadProgram.ConnectionSetting] = SourceParameters.Of(reader).ToJsonString(),
        };
        var ours = SelfProcess.Of([ReadProgram.Name, oursFile], settings);
        return new CasePlan(
            [
                new Contender(Limit, token => limit.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => CheckAsync(limitFile, token) },
                new Contender(Ours, token => ours.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => CheckAsync(oursFile, token) },
            ],
            [new Target("read, wall time beside the limit", 1.0, r => r.WallRatio(Ours, Limit))]);

        Task CheckAsync(string file, CancellationToken token) => BenchContext.ExpectLinesAsync(file, context.Rows, token);
    }
}
