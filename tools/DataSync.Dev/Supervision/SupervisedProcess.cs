using System.Diagnostics;

namespace DataSync.Dev.Supervision;

/// <summary>Keeps one process running until told to stop.</summary>
sealed class SupervisedProcess(ProcessPlan plan, Action<string> report)
{
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    /// <summary>How often it ended by itself.</summary>
    public int Deaths { get; private set; }

    public ProcessPlan Plan => plan;

    /// <summary>Runs it, again after each death, until cancelled; then it has ended when this returns.</summary>
    public async Task KeepRunningAsync(CancellationToken ct)
    {
        var delay = new RestartDelay();
        while (!ct.IsCancellationRequested)
        {
            var started = TimeProvider.System.GetTimestamp();
            if (await RunOnceAsync(ct) is not { } exitCode) return;
            Deaths++;
            var pause = delay.After(TimeProvider.System.GetElapsedTime(started));
            report($"{plan.Name} ended with exit code {exitCode}; it is started again in {pause.TotalSeconds:0.#} s (log: {plan.LogFile})");
            await Task.Delay(pause, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs it to its own end; null if it was stopped.</summary>
    public async Task<int?> RunOnceAsync(CancellationToken ct)
    {
        using var process = plan.Start();
        try
        {
            await process.WaitForExitAsync(ct);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process);
            return null;
        }
        finally
        {
            File.Delete(plan.PidFile);
        }
    }

    // The end of its standard input is the word to stop; whoever does not listen is killed.
    static async Task StopAsync(Process process)
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopLimit, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
