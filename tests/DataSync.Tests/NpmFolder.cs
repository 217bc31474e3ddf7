using System.Diagnostics;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests;

/// <summary>Packages of npm as a lock file beside the tests names them, in a folder of the checkout's own: other makes' opinions of what we wrote.</summary>
/// <param name="name">The folder's name below <c>.datasync</c>; <c>.ci/run</c> fills it beforehand.</param>
/// <param name="given">Where <c>package.json</c> and its lock file are, from the checkout's root.</param>
internal sealed class NpmFolder(string name, string given)
{
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    /// <summary>Where the packages are once they are installed.</summary>
    public string Path { get; } = System.IO.Path.Combine(Repository.Root, ".datasync", name);

    /// <summary>Whether a build server runs the tests: there nothing may be missing.</summary>
    public static bool MayMiss => Environment.GetEnvironmentVariable("CI") is not { Length: > 0 };

    /// <summary>Installs what is not there yet. Skips the test, visibly, where Node or the packages cannot be had, and fails it on a build server.</summary>
    public async Task InstallAsync(CancellationToken ct)
    {
        await OneAtATime.WaitAsync(ct);
        try
        {
            var source = System.IO.Path.Combine(Repository.Root, given);
            var wanted = await File.ReadAllTextAsync(System.IO.Path.Combine(source, "package-lock.json"), ct);
            var mark = System.IO.Path.Combine(Path, "package-lock.json");
            if (Directory.Exists(System.IO.Path.Combine(Path, "node_modules")) && File.Exists(mark) && await File.ReadAllTextAsync(mark, ct) == wanted) return;
            Directory.CreateDirectory(Path);
            foreach (var file in Directory.EnumerateFiles(source).Where(f => System.IO.Path.GetExtension(f) is ".json" or ".mjs")) File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)), overwrite: true);
            var (code, said) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], new Dictionary<string, string>(), ct);
            if (code == 0) return;
            File.Delete(mark);
            Missing(said);
        }
        catch (System.ComponentModel.Win32Exception e) when (MayMiss)
        {
            Missing(e.Message);
        }
        finally
        {
            OneAtATime.Release();
        }

        void Missing(string why)
        {
            var text = $"node and npm are not installed here, or the packages cannot be had (Debian, Ubuntu: sudo apt-get install nodejs npm): {why}";
            if (MayMiss) Assert.Skip(text);
            Assert.Fail(text);
        }
    }

    /// <summary>Runs a program of the folder under Node; its exit code, and all it said.</summary>
    public Task<(int Code, string Said)> NodeAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken ct) => RunAsync("node", arguments, environment, ct);

    private async Task<(int Code, string Said)> RunAsync(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Path, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var process = OsProcess.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
