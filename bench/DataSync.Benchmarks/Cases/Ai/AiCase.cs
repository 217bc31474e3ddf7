using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Ai;

/// <summary>How near the calls of a language model come to what its latency and its limit allow: a whole job by the API and a worker, its records asked for one by one.</summary>
internal sealed class AiCase : BenchmarkCase
{
    private const string Free = "DataSync, 32 calls at once";
    private const string Limited = "DataSync, under the provider's limit";
    private const string Source = "orders";
    private const string Share = "share of the ideal rate";
    private const string Refusals = "refused calls in a hundred";
    private const int Concurrency = 32;
    private const int CallsPerSecond = 120;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public override string Name => "ai";

    public override string Title => "3,200 stored orders through a model that answers after 200 ms, beside the ideal: 32 calls at once (160/s), or its limit of 120/s as told in its headers";

    public override long Rows => 3200;

    public override int Rounds => 3;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var model = await ModelServer.StartAsync(Latency, ct);
        var reader = await context.Server.CreateReaderAsync(await context.SourceAsync(ct), ct);
        var system = await StartedSystem.StartAsync(
            context, reader,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128",
                ["AI_ENHANCEMENT_BASE_URL"] = model.Url.AbsoluteUri,
                ["AI_ENHANCEMENT_API_KEY"] = "bench",
                ["AI_ENHANCEMENT_MAX_CONCURRENCY"] = Concurrency.ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
            ct);
        await system.Client.RegisterAsync(Source, SourceParameters.Of(reader), new JsonObject { ["table"] = "orders" }, ct);
        var ideal = Concurrency / Latency.TotalSeconds;
        return new CasePlan(
            [
                new Contender(Free, token => RunAsync(context, system, model, r => r.Answered / r.Span.TotalSeconds / ideal, token)) { BeforeAsync = token => ResetAsync(system, model, 0, token) },

                // What the limit lets go at once in the beginning is not its rate.
                new Contender(Limited, token => RunAsync(context, system, model, r => (r.Answered - r.Limit) / (r.Span - Latency).TotalSeconds / r.Limit, token)) { BeforeAsync = token => ResetAsync(system, model, CallsPerSecond, token) },
            ],
            [
                new Target("rate beside the ideal of 32 calls at once", 0.95, r => r.Median(Free, m => m.Figures[Share])) { AtLeast = true },
                new Target("rate beside the provider's limit", 0.9, r => r.Median(Limited, m => m.Figures[Share])) { AtLeast = true },
                new Target("calls refused as too many", 1, r => r.Median(Limited, m => m.Figures[Refusals])) { Unit = "%" },
            ])
        {
            EndAsync = async () =>
            {
                await system.DisposeAsync();
                await model.DisposeAsync();
            },
        };
    }

    private static async Task ResetAsync(StartedSystem system, ModelServer model, int limit, CancellationToken ct)
    {
        await system.Database.Superuser.ExecuteAsync("TRUNCATE sync_data, sync_rejections, sync_enrichments, ai_answers, ai_usage; CHECKPOINT", ct);
        foreach (var folder in Directory.GetDirectories(system.Exports)) Directory.Delete(folder, recursive: true);
        model.Reset(limit);
    }

    private static async Task<Measurement> RunAsync(BenchContext context, StartedSystem system, ModelServer model, Func<ModelServer, double> share, CancellationToken ct)
    {
        var server = await context.Server.Cpu.ReadAsync(ct);
        var cpu = system.Cpu;
        var began = TimeProvider.System.GetTimestamp();
        var id = await system.Client.StartAsync(
            new JsonObject
            {
                ["source_id"] = Source,
                ["output_format"] = "jsonl",
                ["refinement_config"] = new JsonObject { ["enable_ai_enhancement"] = true, ["ai"] = new JsonObject { ["tasks"] = new JsonArray("summary", "sentiment") } },
                ["timeout_seconds"] = 3600,
            },
            ct);
        JsonObject job;
        while ((string?)(job = await system.Client.JobAsync(id, ct))["status"] is "queued" or "running") await Task.Delay(Poll, ct);
        var wall = TimeProvider.System.GetElapsedTime(began);
        if ((string?)job["status"] != "completed" || (long?)job["enriched"]?["ai"]?["completed"] != context.Rows)
            throw new BenchmarkException($"The job ended as {job["status"]} with {job["enriched"]?.ToJsonString()}: {job["error_details"]?.ToJsonString()}");
        if (model.Answered != context.Rows) throw new BenchmarkException($"The model answered {model.Answered} calls for {context.Rows} records.");
        return new Measurement
        {
            Wall = wall,
            ClientCpu = system.Cpu - cpu,
            ServerCpu = await context.Server.Cpu.SinceAsync(server, ct),
            PeakBytes = system.Worker.PeakBytes,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [Share] = share(model), [Refusals] = 100.0 * model.Refused / (model.Answered + model.Refused) },
        };
    }
}
