using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DataSync.Tests;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.Prism;

/// <summary>A proxy of another make in front of a server, which refuses each request and each answer that an OpenAPI document does not allow, or tells of it in a header.</summary>
internal sealed class PrismProxy : IAsyncDisposable
{
    private static readonly NpmFolder Packages = new("prism", "tests/DataSync.IntegrationTests/Prism");
    private readonly OsProcess _process;

    private PrismProxy(OsProcess process, int port) => (_process, Url) = (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));

    public Uri Url { get; }

    /// <summary>Starts it; skips the test where it cannot be had, and fails it on a build server.</summary>
    /// <param name="document">The OpenAPI document's file.</param>
    /// <param name="server">What it stands in front of.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="refuses">False where all goes through, with what is not allowed in <c>sl-violations</c>.</param>
    public static async Task<PrismProxy> StartAsync(string document, Uri server, CancellationToken ct, bool refuses = true)
    {
        await Packages.InstallAsync(ct);
        var port = FreePort();
        var process = OsProcess.Start(new ProcessStartInfo("node", ["node_modules/@stoplight/prism-cli/dist/index.js", "proxy", Path.GetFullPath(document), server.AbsoluteUri.TrimEnd('/'), .. refuses ? ["--errors"] : (string[])[], "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = Packages.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var proxy = new PrismProxy(process, port);
        await proxy.ReadyAsync(ct);
        return proxy;
    }

    /// <summary>Whether an answer is a refusal of the proxy's own.</summary>
    public static bool Wrote(ReadOnlySpan<byte> body) => body.StartsWith("""{"type":"https://stoplight.io/prism/"""u8);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadyAsync(CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"The proxy ended with {_process.ExitCode}.");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Url.Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
