using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Pull;

/// <summary>How fast an API's pages come in: the next one is asked for while the last is processed, so it should take little more than fetching them.</summary>
internal sealed class ApiCase : BenchmarkCase
{
    private const string Limit = "limit: curl, page after page";
    private const string Ours = "DataSync connector → JSONL";
    private const int RecordsPerPage = 100;

    /// <summary>From a request to its answer: a near and idle server's.</summary>
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);

    public override string Name => "api";

    public override string Title => "An API's pages of 100 records → JSONL file, beside one curl fetching the same pages over one connection";

    public override long Rows => 1000 * RecordsPerPage;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var pages = (int)Math.Max(1, context.Rows / RecordsPerPage);
        var server = await PageServer.StartAsync(pages, RecordsPerPage, Latency, ct);
        var (urls, limitFile, oursFile) = (context.Scratch("api-urls"), context.Scratch("api-limit.json"), context.Scratch("api-ours.jsonl"));
        await File.WriteAllLinesAsync(urls, Enumerable.Range(1, pages).Select(p => $"url = \"{server.Url}orders?page={p}\""), ct);
        var limit = new ChildProcess(
            ["/bin/sh", "-e", "-c", $"exec curl --fail --silent --show-error --noproxy '*' --config '{urls}' > '{limitFile}'"], new Dictionary<string, string>(StringComparer.Ordinal));
        var ours = SelfProcess.Of(
            [ReadProgram.Name, oursFile],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8",
                ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1",
                [ReadProgram.ConnectionSetting] = new JsonObject { ["base_url"] = server.Url.AbsoluteUri.TrimEnd('/') }.ToJsonString(),
                [ReadProgram.ExtractionSetting] = """{"path":"/orders","records_path":"data","pagination":{"type":"cursor","path":"next","param":"page"}}""",
            });
        return new CasePlan(
            [
                new Contender(Limit, token => limit.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(limitFile, pages, token) },
                new Contender(Ours, token => ours.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(oursFile, (long)pages * RecordsPerPage, token) },
            ],
            [new Target("API pull, wall time beside the limit", 1.3, r => r.WallRatio(Ours, Limit))])
        { EndAsync = server.DisposeAsync };
    }
}
