using System.Diagnostics;
using System.Text;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests.Export.Json;

/// <summary>jq, the reader of JSON that most people have at hand.</summary>
internal static class Jq
{
    /// <summary>What a filter gives of files, a value a line. Skips the test, visibly, where jq is not installed, and fails it on a build server.</summary>
    public static async Task<string[]> ReadAsync(string filter, IReadOnlyList<string> files, CancellationToken ct)
    {
        OsProcess process;
        try
        {
            process = OsProcess.Start(new ProcessStartInfo("jq", ["-c", filter, .. files]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = new UTF8Encoding(false, true), UseShellExecute = false })!;
        }
        catch (System.ComponentModel.Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip("jq is not here (Debian, Ubuntu: sudo apt-get install jq).");
            throw;
        }

        using (process)
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            Assert.True(process.ExitCode == 0, await errors);
            return (await output).Split('\n')[..^1];
        }
    }
}
