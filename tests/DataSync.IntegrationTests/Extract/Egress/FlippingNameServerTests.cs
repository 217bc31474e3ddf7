using System.Diagnostics;
using System.Globalization;
using System.Net;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>
/// The same over the machine's own resolver and a real name server. Where it asks is in a file of the machine's, so the test runs itself once more in a process that has files and a
/// network of its own.
/// </summary>
public sealed class FlippingNameServerTests
{
    /// <summary>Where the inner run tells what it saw.</summary>
    private const string ToldAt = "DATASYNC_TEST_FLIPPING_TOLD";

    private const int Tries = 100;

    /// <summary>The shell's answer where <c>ip</c> or <c>mount</c> is missing.</summary>
    private const int NotFound = 127;

    /// <summary>The program, in a network where nothing but the loopback is, asking the name server of that network.</summary>
    private const string Apart = "ip link set lo up && mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Name_server_that_flips_its_answer_leads_no_driver_to_a_forbidden_address()
    {
        var folder = Directory.CreateTempSubdirectory("datasync-names-");
        try
        {
            var (resolver, told) = (Path.Combine(folder.FullName, "resolv.conf"), Path.Combine(folder.FullName, "told"));
            await File.WriteAllTextAsync(resolver, "nameserver 127.0.0.1\n", Ct);
            await RunApartAsync(["true"], resolver, told: null);
            var method = $"{typeof(FlippingNameServerTests).FullName}.{nameof(Inner_run_dials_what_was_judged)}";
            var said = await RunApartAsync([Environment.ProcessPath!, .. Assembly(), "-explicit", "only", "-method", method], resolver, told);
            Assert.True(File.Exists(told), said);
            Assert.Equal((Tries * ReachingConnectors.DriversOfDrivers.Count).ToString(CultureInfo.InvariantCulture), await File.ReadAllTextAsync(told, Ct));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Every other answer is forbidden: half the tries dial the address that is allowed, where nobody listens, and half dial nothing.</summary>
    [Fact(Explicit = true)]
    public async Task Inner_run_dials_what_was_judged()
    {
        if (Environment.GetEnvironmentVariable(ToldAt) is not { } told) return; // started by hand: there is no network of its own
        using var names = new FlippingNameServer(IPAddress.Parse("127.0.0.9"), IPAddress.Loopback);
        using var trap = new DialTrap(only: IPAddress.Loopback);
        await using var connectors = new ReachingConnectors("127.0.0.9/32");
        foreach (var driver in ReachingConnectors.DriversOfDrivers)
        {
            var connector = connectors.Of(driver);
            for (var i = 0; i < Tries; i++)
            {
                var failure = await ReadOutcome.FailureAsync(connector, ReachingConnectors.To(driver, ReachingConnectors.Name, trap.Port), ReachingConnectors.Request(driver), Ct);
                Assert.Equal(i % 2 == 0 ? "errors.connection.refused" : "errors.connection.egress_denied", failure.MessageKey);
            }
        }

        Assert.Equal(["127.0.0.9"], trap.Dialled.Distinct(StringComparer.Ordinal));
        Assert.False(trap.IsReached);
        await File.WriteAllTextAsync(told, names.Asked.ToString(CultureInfo.InvariantCulture), Ct);
    }

    /// <summary>Runs a program apart; what it said. Skips where that cannot be; fails on a build server where it could.</summary>
    private static async Task<string> RunApartAsync(IReadOnlyList<string> program, string resolver, string? told)
    {
        var start = new ProcessStartInfo("unshare", ["--map-root-user", "--mount", "--net", "sh", "-c", Apart, resolver, .. program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[ToldAt] = told;
        using var process = Start(start);
        if (process is null) return Missing("unshare is missing (Debian, Ubuntu: sudo apt-get install util-linux)", canBeInstalled: true);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
        await process.WaitForExitAsync(Ct);
        var said = await output + await error;
        if (process.ExitCode != 0 && told is null) return Missing(said.Trim(), canBeInstalled: process.ExitCode == NotFound);
        Assert.True(process.ExitCode == 0, said);
        return said;
    }

    private static OsProcess? Start(ProcessStartInfo start)
    {
        try
        {
            return OsProcess.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Programs can be installed; that a machine lets nobody have a network of his own cannot be helped.</summary>
    private static string Missing(string why, bool canBeInstalled)
    {
        var text = $"No network of a process's own can be made here: {why}";
        Assert.False(canBeInstalled && Environment.GetEnvironmentVariable("CI") == "true", text);
        Assert.Skip(text);
        return text;
    }

    /// <summary>The test program's own file, where dotnet runs it.</summary>
    private static string[] Assembly() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(FlippingNameServerTests).Assembly.Location] : [];
}
