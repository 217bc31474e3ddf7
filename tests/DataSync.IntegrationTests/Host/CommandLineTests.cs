using DataSync.Faults.Running;

namespace DataSync.IntegrationTests.Host;

/// <summary>Calls of the host that it does not understand.</summary>
public sealed class CommandLineTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rotate-data-key")]
    [InlineData("rotate-data-key", "")]
    [InlineData("rotate-data-key", "a", "b")]
    [InlineData("rotate-master-key", "a")]
    [InlineData("rotate-keys")]
    public async Task Command_that_is_not_understood_starts_nothing_and_tells_how_to_call_it(params string[] command)
    {
        await using var host = HostProcess.Start(new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_ROLE"] = "worker" }, command);
        await host.ExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(180), Ct);
        Assert.Equal(2, host.ExitCode);
        Assert.Contains($"'{string.Join(' ', command)}' is no command.", host.Log, StringComparison.Ordinal);
        Assert.Contains("rotate-master-key ", host.Log, StringComparison.Ordinal);
        Assert.Contains("rotate-data-key TENANT", host.Log, StringComparison.Ordinal);
    }
}
