using System.Globalization;
using System.Runtime.InteropServices;
using DataSync.Benchmarks.Faults;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases;

/// <summary>Runs the cases asked for and reports each. Exit code 0 if every target that was measured holds.</summary>
internal static class BenchRun
{
    private static readonly IReadOnlyList<BenchmarkCase> All =
        [.. typeof(BenchRun).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(BenchmarkCase)))
            .Select(t => (BenchmarkCase)Activator.CreateInstance(t)!).OrderBy(c => c.Name, StringComparer.Ordinal)];

    public static async Task<int> RunAsync(BenchArguments arguments, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux()) throw new BenchmarkException("The benchmarks read /proc and run on Linux only.");
        List<BenchmarkCase> chosen = [.. All.Where(c => arguments.Name is null || c.Name == arguments.Name)];
        if (chosen.Count == 0) throw new BenchmarkException($"There is no case '{arguments.Name}'. Cases: {string.Join(", ", All.Select(c => c.Name))}, {FaultRun.Name}.");
        var passed = true;
        foreach (var benchmark in chosen) passed &= await RunAsync(benchmark, arguments, ct);
        return passed ? 0 : 1;
    }

    private static async Task<bool> RunAsync(BenchmarkCase benchmark, BenchArguments arguments, CancellationToken ct)
    {
        Console.WriteLine($"{benchmark.Name}: {benchmark.Title}");

        // A server handle a case: its databases go when the case is over, so that disk is needed for one at a time.
        await using var server = await BenchServer.ConnectAsync(ct);
        var context = new BenchContext(server, Checkout(), arguments.Rows ?? benchmark.Rows, arguments.SkipLarge, arguments.Duration);
        try
        {
            await using var plan = await benchmark.PrepareAsync(context, ct);
            var results = await CaseRunner.RunAsync(plan, context.Rows, arguments.Rounds ?? benchmark.Rounds, ct);
            var report = new CaseReport(benchmark, plan, results, Environment(server));
            await WriteAsync(context, benchmark.Name, report, ct);
            return report.Passed;
        }
        finally
        {
            if (Directory.Exists(Path.Combine(context.Folder, "out"))) Directory.Delete(Path.Combine(context.Folder, "out"), recursive: true);
        }
    }

    private static async Task WriteAsync(BenchContext context, string name, CaseReport report, CancellationToken ct)
    {
        Directory.CreateDirectory(context.Folder);
        var path = Path.Combine(context.Folder, $"{name}-{TimeProvider.System.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}");
        var markdown = report.Markdown();
        await File.WriteAllTextAsync(path + ".md", markdown, BenchContext.Utf8, ct);
        await File.WriteAllTextAsync(path + ".tsv", report.Tsv(), BenchContext.Utf8, ct);
        Console.WriteLine($"\n{markdown}\nWritten to {path}.md and .tsv\n");
    }

    private static string Environment(BenchServer server)
    {
        var build = typeof(BenchRun).Assembly.GetCustomAttributes(false).OfType<System.Diagnostics.DebuggableAttribute>().Any(d => d.IsJITOptimizerDisabled) ? "DEBUG build" : "release build";
        var cpu = server.Cpu.IsVisible ? "" : "; server's CPU not visible";
        return $"PostgreSQL {server.Version}, .NET {System.Environment.Version}, {System.Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {build}{cpu}";
    }

    /// <summary>The repository's root.</summary>
    public static string Checkout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DataSync.sln"))) return folder.FullName;
        }

        throw new BenchmarkException("The benchmarks run out of a checkout of the repository.");
    }
}
