using System.Diagnostics;

namespace DataSync.Dev;

/// <summary>Programs the tool runs in the foreground, with its own output.</summary>
static class Programs
{
    /// <summary>The <c>dotnet</c> that runs this tool: it need not be in PATH.</summary>
    public static string Dotnet { get; } = Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    /// <summary>Runs a program to its end and returns its exit code.</summary>
    public static async Task<int> RunAsync(string file, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var info = new ProcessStartInfo(file, arguments) { UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (name, value) in environment) info.Environment[name] = value;
        using var process = Process.Start(info) ?? throw new DevException($"{file} did not start.");
        try
        {
            await process.WaitForExitAsync(ct);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
