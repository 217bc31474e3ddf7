using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.Platform.Caching;

/// <summary>A Redis of the test's own, in memory alone, on a free port.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly OsProcess _process;

    private RedisServer(OsProcess process, int port) => (_process, Address) = (process, $"127.0.0.1:{port}");

    public string Address { get; }

    public static async Task<RedisServer> StartAsync(CancellationToken ct)
    {
        var port = FreePort();
        var program = new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        try
        {
            var server = new RedisServer(OsProcess.Start(program)!, port);
            while (await server._process.StandardOutput.ReadLineAsync(ct) is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal)) { }
            Assert.False(server._process.HasExited, "Redis ended as it started.");
            _ = server._process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return server;
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
            Assert.Skip($"redis-server is not installed here (Debian, Ubuntu: sudo apt-get install redis-server): {e.Message}");
            throw;
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill() => _process.Kill();

    /// <summary>It keeps its connections and answers nothing, as a machine that hangs.</summary>
    public Task FreezeAsync(CancellationToken ct) => Signal.SendAsync("STOP", _process.Id, ct);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

internal static class Signal
{
    public static async Task SendAsync(string signal, int pid, CancellationToken ct)
    {
        using var kill = OsProcess.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync(ct);
        Assert.Equal(0, kill.ExitCode);
    }
}
