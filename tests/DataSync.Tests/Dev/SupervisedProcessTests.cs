using DataSync.Dev.Supervision;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests.Dev;

public sealed class SupervisedProcessTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("datasync-run-");

    [Fact]
    public async Task KeepRunningAsync_starts_a_killed_process_again()
    {
        using var stop = new CancellationTokenSource();
        var process = Supervised("cat");
        var running = process.KeepRunningAsync(stop.Token);
        var first = await PidAsync(otherThan: 0);
        OsProcess.GetProcessById(first).Kill();
        var second = await PidAsync(otherThan: first);
        Assert.Equal(1, process.Deaths);
        Assert.True(IsAlive(second));
        await stop.CancelAsync();
        await running;
        Assert.False(IsAlive(second));
        Assert.False(File.Exists(process.Plan.PidFile));
    }

    [Fact]
    public async Task RunOnceAsync_tells_the_exit_code_and_keeps_the_output()
    {
        var process = Supervised("echo said; echo wrong >&2; exit 7");
        Assert.Equal(7, await process.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.Equal("said\nwrong", process.Plan.LogTail());
    }

    [Fact]
    public async Task RunOnceAsync_that_is_cancelled_ends_the_input_and_lets_the_process_finish()
    {
        using var stop = new CancellationTokenSource();
        var process = Supervised("cat; echo finished");
        var running = process.RunOnceAsync(stop.Token);
        await PidAsync(otherThan: 0);
        await stop.CancelAsync();
        Assert.Null(await running);
        Assert.Equal("finished", process.Plan.LogTail());
    }

    [Fact]
    public async Task Environment_sets_and_removes()
    {
        Environment.SetEnvironmentVariable("DATASYNC_TEST_REMOVED", "there");
        var process = Supervised("echo ${DATASYNC_TEST_REMOVED-gone} $GIVEN", new() { ["DATASYNC_TEST_REMOVED"] = null, ["GIVEN"] = "given" });
        Assert.Equal(0, await process.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.Equal("gone given", process.Plan.LogTail());
    }

    [Fact]
    public void After_waits_longer_each_time_but_not_for_ever()
    {
        var delay = new RestartDelay();
        var waits = Enumerable.Range(0, 10).Select(_ => delay.After(TimeSpan.FromSeconds(1)).TotalSeconds).ToList();
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30], waits);
        Assert.Equal(0.5, delay.After(TimeSpan.FromSeconds(30)).TotalSeconds);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    SupervisedProcess Supervised(string script, Dictionary<string, string?>? environment = null)
        => new(new ProcessPlan("thing", ["/bin/sh", "-c", script], environment ?? [], _folder.FullName), _ => { });

    async Task<int> PidAsync(int otherThan)
    {
        var file = Path.Combine(_folder.FullName, "thing.pid");
        while (true)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            if (File.Exists(file) && int.TryParse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), out var pid) && pid != otherThan) return pid;
        }
    }

    static bool IsAlive(int pid) => Directory.Exists($"/proc/{pid}");
}
