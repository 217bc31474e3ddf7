using DataSync.Benchmarks.Measuring;
using OsProcess = System.Diagnostics.Process;
using ProcessStartInfo = System.Diagnostics.ProcessStartInfo;

namespace DataSync.Benchmarks.Ours;

/// <summary>One process of DataSync's host.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly OsProcess _process;
    private readonly string _log;
    private readonly Task _logging;
    private bool _disposed;

    private HostProcess(OsProcess process, string log) => (_process, _log, _logging) = (process, log, LogAsync(process, log));

    public bool HasEnded => _process.HasExited;

    public TimeSpan Cpu => ProcessFiles.OwnCpu(_process.Id);

    public long PeakBytes => ProcessFiles.PeakBytes(_process.Id);

    public long ResidentBytes => ProcessFiles.ResidentBytes(_process.Id);

    public static HostProcess Start(string assembly, string role, IReadOnlyDictionary<string, string> settings, string log, params string[] arguments)
    {
        var info = new ProcessStartInfo(DotnetPath(), [assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(log)!,
        };
        info.Environment.Remove("DATASYNC_ADMIN_CONNECTION"); // the system never sees the superuser
        foreach (var (name, value) in settings) info.Environment[name] = value;
        info.Environment["DATASYNC_ROLE"] = role;
        info.Environment["DATASYNC_STOP_WITH_PARENT"] = "true";
        return new HostProcess(OsProcess.Start(info) ?? throw new BenchmarkException($"{assembly} could not be started."), log);
    }

    /// <summary>Waits for its end and throws where it failed.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct);
        await _logging;
        if (_process.ExitCode != 0) throw Failed();
    }

    /// <summary>What to tell when it does not do what it should.</summary>
    public BenchmarkException Failed()
    {
        var lines = File.Exists(_log) ? File.ReadAllLines(_log) : [];
        return new BenchmarkException($"DataSync.Host failed; {_log} ends with: {string.Join(" / ", lines.TakeLast(5))}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;

        // The host ends when its standard input does.
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        await _logging;
        _process.Dispose();
    }

    private static string DotnetPath()
        => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    private static async Task LogAsync(OsProcess process, string path)
    {
        await using var log = new StreamWriter(path, append: false);
        using var turn = new SemaphoreSlim(1);
        await Task.WhenAll(CopyAsync(process.StandardOutput), CopyAsync(process.StandardError));

        async Task CopyAsync(StreamReader from)
        {
            while (await from.ReadLineAsync() is { } line)
            {
                await turn.WaitAsync();
                await log.WriteLineAsync(line);
                await log.FlushAsync();
                turn.Release();
            }
        }
    }
}
