using System.Diagnostics;
using DataSync.LocalPostgres;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.LocalPostgres;

/// <summary>A process of its own that holds a server, so that it can be killed: this very assembly, running the test below.</summary>
public sealed class HeldServerProcess
{
    const string FolderVariable = "DATASYNC_TEST_HELD_FOLDER";

    /// <summary>Not a test of its own: what a child process runs.</summary>
    [Fact(Explicit = true)]
    public async Task Hold()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable) ?? throw new InvalidOperationException($"{FolderVariable} is not set.");
        await using var server = await LocalPostgresServer.EnsureAsync(ServerOf(folder), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "ready"), server.AdminConnection, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
    }

    internal static LocalPostgresOptions ServerOf(string folder) => new() { Folder = folder, Cluster = "held", AdminConnection = null };

    /// <summary>Starts such a process and waits for its server.</summary>
    internal static async Task<(OsProcess Process, string AdminConnection)> StartAsync(string folder, CancellationToken ct)
    {
        var ready = Path.Combine(folder, "ready");
        File.Delete(ready);
        var info = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") info.ArgumentList.Add(typeof(HeldServerProcess).Assembly.Location);
        foreach (var argument in new[] { "-explicit", "only", "-method", $"{typeof(HeldServerProcess).FullName}.{nameof(Hold)}" }) info.ArgumentList.Add(argument);
        info.Environment[FolderVariable] = folder;
        var process = OsProcess.Start(info)!;
        _ = process.StandardOutput.ReadToEndAsync(ct);
        while (!File.Exists(ready) || (await File.ReadAllTextAsync(ready, ct)).Length == 0)
        {
            Assert.False(process.HasExited, "The process that was to hold a server has ended.");
            await Task.Delay(50, ct);
        }
        return (process, await File.ReadAllTextAsync(ready, ct));
    }
}
