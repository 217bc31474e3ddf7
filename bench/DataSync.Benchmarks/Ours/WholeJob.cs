using System.Diagnostics;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Ours;

/// <summary>One sync over HTTP, from the POST until the job is seen completed: extract, store, rules (two where nobody says others), JSONL and CSV.</summary>
internal sealed class WholeJob(BenchContext context, StartedSystem system, string rules = WholeJob.Rules)
{
    private const string Source = "orders";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private string _folder = "";

    /// <summary>What the peers' programs do to the records, too: the one sets a field in every other record, the other clears one in a third.</summary>
    public const string Rules =
        """
        [{"id":"size","when":{">":[{"var":"quantity"},25]},"then":[{"set":{"size":"bulk"}}]},
         {"id":"quiet","when":{"==":[{"var":"active"},false]},"then":[{"remove":"note"}]}]
        """;

    /// <summary>Forgets the runs before.</summary>
    public async Task ResetAsync(CancellationToken ct)
    {
        await system.Database.Superuser.ExecuteAsync("TRUNCATE sync_data, sync_rejections; CHECKPOINT", ct);
        foreach (var folder in Directory.GetDirectories(system.Exports)) Directory.Delete(folder, recursive: true);
    }

    public async Task<Measurement> RunAsync(CancellationToken ct)
    {
        var server = await context.Server.Cpu.ReadAsync(ct);
        var cpu = system.Cpu;
        var began = Stopwatch.GetTimestamp();
        var id = await system.Client.StartAsync(Start(), ct);
        JsonObject job;
        while ((string?)(job = await system.Client.JobAsync(id, ct))["status"] is "queued" or "running") await Task.Delay(Poll, ct);
        var wall = Stopwatch.GetElapsedTime(began);
        if ((string?)job["status"] != "completed") throw new BenchmarkException($"The job ended as {job["status"]}: {job["error_details"]?.ToJsonString()}");
        var exports = job["result"]!["exports"]!.AsArray();
        _folder = Path.GetDirectoryName(Path.Combine(system.Exports, (string)exports[0]!["path"]!))!;
        return new Measurement { Wall = wall, ClientCpu = system.Cpu - cpu, ServerCpu = await context.Server.Cpu.SinceAsync(server, ct), PeakBytes = system.Worker.PeakBytes };
    }

    /// <summary>Throws unless both files hold every record.</summary>
    public async Task CheckAsync(long rows, CancellationToken ct)
    {
        await BenchContext.ExpectLinesAsync(Single("*.jsonl"), rows, ct);
        await BenchContext.ExpectCsvRecordsAsync(Single("*.csv"), rows, ct);
    }

    private string Single(string pattern)
        => Directory.GetFiles(_folder, pattern) is [var file] ? file : throw new BenchmarkException($"{_folder} has not exactly one {pattern}.");

    public static Task RegisterAsync(StartedSystem system, Npgsql.NpgsqlConnectionStringBuilder reader, CancellationToken ct)
        => system.Client.RegisterAsync(Source, SourceParameters.Of(reader), new JsonObject { ["table"] = "orders" }, ct);

    private JsonObject Start() => new()
    {
        ["source_id"] = Source,
        ["mode"] = "async",
        ["refinement_config"] = new JsonObject { ["business_rules"] = JsonNode.Parse(rules) },
        ["output_format"] = new JsonArray("jsonl", "csv"),

        // The limit and the peers write records alone: so does this.
        ["export_config"] = new JsonObject { ["include_original"] = false, ["include_metadata"] = false },
        ["timeout_seconds"] = 3600,
    };
}
