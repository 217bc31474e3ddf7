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

    [Theory]
    [InlineData("C.UTF-8", "/no/such.json cannot be read (DirectoryNotFoundException). Check the path, and that you may read the file.")]
    [InlineData("zh_CN.UTF-8", "无法读取 /no/such.json（DirectoryNotFoundException）。请检查路径以及对该文件的读取权限。")]
    public async Task File_that_cannot_be_read_is_told_of_in_the_terminals_language(string terminal, string said)
    {
        await using var host = HostProcess.Start(new Dictionary<string, string>(StringComparer.Ordinal) { ["LANG"] = terminal }, "coco-validate", "/no/such.json");
        await host.ExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(180), Ct);
        Assert.Equal((2, said), (host.ExitCode, host.Said));
    }
}
