using System.Diagnostics;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests;

/// <summary>Debian's Python, with modules that Debian packs: another make's opinion of what we wrote.</summary>
internal static class DebianPython
{
    private const string Program = "/usr/bin/python3";

    /// <summary>What a script of the tests says to an input. Skips the test, visibly, where the module it needs is not installed, and fails it on a build server.</summary>
    /// <param name="script">The script's path below <c>tests/DataSync.Tests</c>.</param>
    /// <param name="module">The module; Debian's package is <c>python3-</c> and its name.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="ct">Ends the wait.</param>
    public static async Task<string> AskAsync(string script, string module, string input, CancellationToken ct)
    {
        var mayMiss = Environment.GetEnvironmentVariable("CI") is not { Length: > 0 };
        var install = $"(Debian, Ubuntu: sudo apt-get install python3-{module})";
        if (!File.Exists(Program) && mayMiss) Assert.Skip($"{Program} is not here {install}.");
        var path = Path.Combine([Repository.Root, "tests", "DataSync.Tests", .. script.Split('/')]);
        using var process = OsProcess.Start(new ProcessStartInfo(Program, [path]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended before it read: what it said is below
        }

        await process.WaitForExitAsync(ct);
        var said = await errors;
        if (mayMiss && said.Contains($"No module named '{module}'", StringComparison.Ordinal)) Assert.Skip($"{module} is not installed here {install}.");
        Assert.True(process.ExitCode == 0, said);
        return await output;
    }
}
