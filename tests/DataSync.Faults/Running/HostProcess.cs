using System.Collections.Concurrent;
using System.Diagnostics;

namespace DataSync.Faults.Running;

/// <summary>A process of the host, its log kept.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    private HostProcess(System.Diagnostics.Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
    }

    /// <summary>Standard output and standard error.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>What a command said besides its log, which is lines of JSON.</summary>
    public string Said => string.Join('\n', _log.Where(l => l.Length > 0 && l[0] != '{'));

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public int Id => _process.Id;

    public static HostProcess Start(IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        // A reference to the host lays it beside whatever program runs this.
        var host = Path.Combine(AppContext.BaseDirectory, "DataSync.Host.dll");
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(host);
        foreach (var argument in command) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("DATASYNC_", StringComparison.Ordinal) || n.StartsWith("SYNC_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = new System.Diagnostics.Process { StartInfo = start };
        var kept = new HostProcess(process);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return kept;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        _process.Kill();
        await _process.WaitForExitAsync(ct);
    }

    /// <summary>SIGTERM: asks the process to end.</summary>
    public Task TerminateAsync(CancellationToken ct) => SignalAsync("TERM", ct);

    /// <summary>SIGSTOP: the process stands still, its connections stay open.</summary>
    public Task PauseAsync(CancellationToken ct) => SignalAsync("STOP", ct);

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public Task ContinueAsync(CancellationToken ct) => SignalAsync("CONT", ct);

    /// <summary>Waits until the process ends by itself.</summary>
    public Task ExitAsync(CancellationToken ct) => _process.WaitForExitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // it never started
        }

        _process.Dispose();
    }

    private async Task SignalAsync(string signal, CancellationToken ct)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(ct);
    }

    private void Keep(string? line)
    {
        if (line is not null) _log.Enqueue(line);
    }
}
