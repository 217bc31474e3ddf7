using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using DataSync.Faults;
using DataSync.Faults.Injection;
using DataSync.Faults.Running;

namespace DataSync.Benchmarks.Faults;

/// <summary><c>./dev bench faults</c>: no figure but a proof. Each fault strikes as often as promised; exit code 0 if the ledger differs nowhere.</summary>
internal static class FaultRun
{
    /// <summary>What <c>./dev bench</c> calls it. It runs only when it is named: it takes its time, and measures nothing.</summary>
    public const string Name = "faults";

    public static async Task<int> RunAsync(string checkout, FaultArguments arguments, CancellationToken ct)
    {
        Console.WriteLine($"{Name}: seed {arguments.Seed}, {arguments.Percent} % of the whole run");
        await using var server = await BenchServer.ConnectAsync(ct);
        var source = await server.CreateDatabaseAsync("faults", ct);
        var options = new FaultSystemOptions { Cluster = "faults-bench-postgres", Local = Path.Combine(checkout, ".datasync"), Source = source.ConnectionString };
        await using var rig = await FaultRig.StartAsync(options, arguments.Seed, line => Console.WriteLine($"  {line}"), ct);
        List<CampaignResult> results = [];
        var chosen = arguments.Choose(Fault.All);
        foreach (var fault in chosen)
        {
            var result = await rig.Campaign.RunAsync(fault, arguments.Of(fault.Times), arguments.Seed, ct);
            results.Add(result);
            foreach (var difference in result.Differences.Take(20)) Console.WriteLine($"  {difference}");

            // What the next strikes do to a system that is broken already would say nothing.
            if (result is { Passed: false, NotRun: null }) break;
        }

        return await ReportAsync(checkout, arguments, rig, results, chosen.Count, ct);
    }

    private static async Task<int> ReportAsync(string checkout, FaultArguments arguments, FaultRig rig, List<CampaignResult> results, int chosen, CancellationToken ct)
    {
        // A strike that met nothing proves nothing.
        var missed = results.Where(r => r.NotRun is null && r.Hit * 10 < r.Struck * 9).Select(r => $"FAIL  {r.Fault}: only {r.Hit} of {r.Struck} strikes hit").ToList();
        var passed = results.Count == chosen && results.TrueForAll(r => r.Passed) && missed.Count == 0;
        string[] lines = [.. results.Select(r => r.Line), .. missed, $"{(passed ? "PASS" : "FAIL")}  seed {arguments.Seed}, in all {results.Sum(r => r.Struck)} strikes, {results.Sum(r => r.Jobs)} jobs, ledger difference {results.Sum(r => r.Differences.Count)}"];
        foreach (var line in lines) Console.WriteLine(line);
        var folder = Directory.CreateDirectory(Path.Combine(checkout, ".datasync", "bench")).FullName;
        var path = Path.Combine(folder, $"{Name}-{arguments.Seed}.txt");
        var details = results.SelectMany(r => r.Differences).Select(d => d.ToString());
        await File.WriteAllLinesAsync(path, [.. lines, .. passed ? [] : details.Append(rig.System.Logs(200))], BenchContext.Utf8, ct);
        Console.WriteLine($"Written to {path}");
        return passed ? 0 : 1;
    }
}
