using System.Text.Json.Nodes;
using DataSync.Dev.Commands;
using DataSync.Dev.Keys;
using DataSync.Dev.Start;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev.Demo;

/// <summary><c>./dev demo</c>: the system, a customer's database, and one whole sync of it, checked to the last record.</summary>
sealed class DemoRun(Checkout checkout)
{
    static readonly string[] Formats = ["json", "csv"];

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var address = Address.FromEnvironment();
        if (!Address.IsGiven && !await address.IsFreeAsync(ct)) address = Address.Free();
        await using var system = await RunningSystem.StartAsync(checkout, workers: 1, address, Console.WriteLine, ct);
        Console.WriteLine($"API: {system.Address.Browse}");

        Console.WriteLine("Source: loading the sample data into a database of its own, with a login that can only read");
        var source = await SourceDatabase.CreateAsync(system.Postgres.AdminConnection, new SampleSource(Path.Combine(checkout.Samples, "world-cities")), ct);

        var token = new DevelopmentToken(new DevelopmentKeys(checkout.Keys), TimeProvider.System).Issue((TokenCommand)CommandLine.Parse(["token", "--tenant", "demo"]));
        using var api = new DataSyncApi(system.Address.Browse, token);
        await api.RegisterAsync(Source(source), ct);
        var jobId = await api.StartAsync(Start(), ct);
        Console.WriteLine($"Sync: job {jobId}");
        var job = await FollowAsync(api, jobId, ct);

        var files = Files(job);
        var difference = await new ExportComparison(source).FindDifferenceAsync(files, Formats, ct);
        if (difference is not null) throw new DevException($"The export differs from the source. {difference}");
        Console.WriteLine($"Compared with the source: all {(long)job["record_count"]!} records are there, exactly, in {string.Join(" and ", Formats)}.");
        foreach (var file in files) Console.WriteLine(file.Path);
        return 0;
    }

    static JsonObject Source(SourceDatabase source) => new()
    {
        ["source_id"] = "world-cities",
        ["source_name"] = "World cities",
        ["source_type"] = "database",
        ["connection_params"] = new JsonObject
        {
            ["driver"] = "postgresql",
            ["host"] = source.Reader.Host,
            ["port"] = source.Reader.Port,
            ["database"] = source.Reader.Database,
            ["username"] = source.Reader.Username,
            ["password"] = source.Reader.Password,
            ["tls"] = "disable",
        },
        ["extraction_params"] = new JsonObject { ["table"] = source.Table },
        ["is_active"] = true,
    };

    static JsonObject Start() => new()
    {
        ["source_id"] = "world-cities",
        ["mode"] = "async",
        ["sync_type"] = "full",
        // The records alone: what refinement changed would stand beside them.
        ["export_config"] = new JsonObject { ["include_original"] = false },
        ["output_format"] = new JsonArray([.. Formats.Select(format => (JsonNode)format)]),
    };

    static async Task<JsonObject> FollowAsync(DataSyncApi api, string jobId, CancellationToken ct)
    {
        var shown = "";
        for (var start = TimeProvider.System.GetTimestamp(); ;)
        {
            var job = await api.JobAsync(jobId, ct);
            var progress = job["progress"];
            var line = $"  {job["status"]}{(job["stage"] is { } stage ? $", {stage}" : "")}: {progress?["extracted"]} extracted, {progress?["processed"]} processed, {progress?["exported"]} exported";
            if (line != shown) Console.WriteLine(line);
            shown = line;
            switch ((string?)job["status"])
            {
                case "completed": return job;
                case "failed" or "cancelled": throw new DevException($"The sync ended as {job["status"]}: {job["error_details"]?.ToJsonString()}");
            }
            if (TimeProvider.System.GetElapsedTime(start) > Limit) throw new DevException($"The sync did not end within {Limit.TotalMinutes:0} minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);
        }
    }

    List<ExportedFile> Files(JsonObject job)
    {
        var root = Environment.GetEnvironmentVariable("DATASYNC_EXPORT_ROOT") is { Length: > 0 } given ? given : checkout.Exports;
        return [.. (job["result"]?["exports"]?.AsArray() ?? []).Select(file => new ExportedFile((string)file!["format"]!, Path.Combine(root, (string)file["path"]!)))];
    }
}
