using System.Diagnostics;
using System.Text;

namespace DataSync.Tests;

/// <summary>A package of npm, for scripts that Node runs: another make's opinion of what we wrote.</summary>
/// <param name="name">The package.</param>
/// <param name="version">Its version.</param>
internal sealed class NodePackage(string name, string version)
{
    /// <summary>What a script, which may require the package, says to an input. Skips the test, visibly, where Node or the package cannot be had, and fails it on a build server.</summary>
    public async Task<string> AskAsync(string script, string input, CancellationToken ct)
    {
        var folder = await InstallAsync(ct);
        var (code, output) = await RunAsync("node", ["-e", script], folder, input, ct);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<string> InstallAsync(CancellationToken ct)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"datasync-{name}-{version}-{Environment.UserName}");
        if (Directory.Exists(Path.Combine(folder, "node_modules", name))) return folder;
        Directory.CreateDirectory(folder);
        try
        {
            var (code, output) = await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, $"{name}@{version}"], folder, "", ct);
            if (code != 0) Missing($"{name} {version} is not installable here: {output}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Missing("Node and npm are not installed here.");
        }

        return folder;
    }

    /// <summary>A build server must have it; elsewhere the test is skipped, visibly.</summary>
    private static void Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 }) Assert.Fail(why);
        Assert.Skip(why);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, string input, CancellationToken ct)
    {
        using var process = new System.Diagnostics.Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardInputEncoding = new UTF8Encoding(false),
                StandardOutputEncoding = Encoding.UTF8,
            },
        };
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        await process.StandardInput.WriteAsync(input.AsMemory(), ct);
        process.StandardInput.Close();
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, process.ExitCode == 0 ? await output : await errors);
    }
}
