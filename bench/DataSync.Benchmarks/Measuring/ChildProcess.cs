using System.Diagnostics;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Measuring;

/// <summary>A command that is measured as a whole process: start, work and end.</summary>
/// <param name="Arguments">The program and what it is given; never through a shell, unless the program is one.</param>
/// <param name="Environment">What is set besides this process's own environment.</param>
internal sealed record ChildProcess(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    // Standard output is thrown away and errors are kept; exec, so that the shell is no process of its own.
    private const string Redirect = "errors=$1; shift; exec \"$@\" >/dev/null 2>\"$errors\"";

    /// <summary>Runs it to its end; throws where it fails, with what it said last.</summary>
    public async Task<Measurement> RunAsync(ServerCpu server, CancellationToken ct)
    {
        var errors = Path.GetTempFileName();
        try
        {
            var before = await server.ReadAsync(ct);
            var began = Stopwatch.GetTimestamp();
            var pid = NativeProcess.Start("/bin/sh", ["-c", Redirect, "sh", errors, .. Arguments], Merged());
            await using var peak = new PeakSampler(pid);
            var (exitCode, cpu) = await WaitAsync(pid, ct);
            var wall = Stopwatch.GetElapsedTime(began);
            if (exitCode != 0) throw new BenchmarkException($"{Arguments[0]} ended with {exitCode}: {Tail(await File.ReadAllTextAsync(errors, ct))}");
            return new Measurement { Wall = wall, ClientCpu = cpu, ServerCpu = await server.SinceAsync(before, ct), PeakBytes = peak.PeakBytes };
        }
        finally
        {
            File.Delete(errors);
        }
    }

    private static async Task<(int ExitCode, TimeSpan Cpu)> WaitAsync(int pid, CancellationToken ct)
    {
        await using var ending = ct.Register(() => NativeProcess.End(pid));
        var ended = await Task.Factory.StartNew(() => NativeProcess.Wait(pid), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        ct.ThrowIfCancellationRequested();
        return ended;
    }

    private Dictionary<string, string> Merged()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables()) all[(string)entry.Key] = (string?)entry.Value ?? "";
        foreach (var (name, value) in Environment) all[name] = value;
        return all;
    }

    private static string Tail(string text) => text.Length <= 1000 ? text.Trim() : text[^1000..].Trim();
}
