using System.Diagnostics;
using System.Text.RegularExpressions;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests.Deploy;

/// <summary>The rules for Prometheus, by the word of its own promtool; and that each alert has its part of the runbook.</summary>
public sealed partial class PrometheusTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "prometheus");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rules_are_valid()
    {
        var (code, said) = await PromtoolAsync("check", "rules", "rules.yml");
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Rules_alert_when_they_should_and_not_otherwise()
    {
        var (code, said) = await PromtoolAsync("test", "rules", "rules_test.yml");
        Assert.True(code == 0, said);
    }

    [Fact]
    public void Every_alert_is_tested_and_has_its_runbook()
    {
        var (rules, tests, runbook) = (SourceTree.Read("deploy/prometheus/rules.yml"), SourceTree.Read("deploy/prometheus/rules_test.yml"), SourceTree.Read("docs/alerts.md"));
        var alerts = Alert().Matches(rules).Select(m => m.Groups[1].Value).ToList();
        Assert.True(alerts.Count >= 9, $"only {alerts.Count} alerts");
        Assert.All(alerts, alert =>
        {
            Assert.Contains(alert, tests, StringComparison.Ordinal);
            Assert.Contains($"### {alert}\n", runbook, StringComparison.Ordinal);
            Assert.Contains($"runbook: docs/alerts.md#{alert.ToLowerInvariant()}\n", rules, StringComparison.Ordinal);
        });
    }

    /// <summary>Skips the test, visibly, where promtool is not installed, and fails it on a build server.</summary>
    private static async Task<(int Code, string Said)> PromtoolAsync(params string[] arguments)
    {
        OsProcess process;
        try
        {
            process = OsProcess.Start(new ProcessStartInfo("promtool", arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        }
        catch (System.ComponentModel.Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip("promtool is not here (Debian, Ubuntu: sudo apt-get install prometheus).");
            throw;
        }

        using (process)
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
            await process.WaitForExitAsync(Ct);
            return (process.ExitCode, await output + await errors);
        }
    }

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();
}
