using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DataSync.Tests;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>
/// A proxy of another make in front of a fake, which refuses each request and each answer that Label Studio's public description does not allow. The description is not
/// ours to copy: where it is absent, the test is shown as skipped.
/// </summary>
internal sealed class PrismProxy : IAsyncDisposable
{
    /// <summary>Names the file; without it, it is looked for beside the repository.</summary>
    public const string FileSetting = "DATASYNC_LABEL_STUDIO_OPENAPI";

    private static readonly string Folder = Path.Combine(Repository.Root, ".datasync", "label-studio-prism");
    private static readonly string Given = Path.Combine(Repository.Root, "tests", "DataSync.IntegrationTests", "Refine", "LabelStudio", "prism");
    private readonly OsProcess _process;

    private PrismProxy(OsProcess process, int port) => (_process, Url) = (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));

    public Uri Url { get; }

    public static async Task<PrismProxy> StartAsync(Uri server, CancellationToken ct)
    {
        var file = Environment.GetEnvironmentVariable(FileSetting) is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "..", "shared", "reference", "label-studio-openapi-subset.yaml");
        Assert.SkipUnless(File.Exists(file), $"Label Studio's description is not here; {FileSetting} names it.");
        await InstallAsync(ct);
        var port = FreePort();
        var process = OsProcess.Start(new ProcessStartInfo("node", ["node_modules/@stoplight/prism-cli/dist/index.js", "proxy", Path.GetFullPath(file), server.AbsoluteUri.TrimEnd('/'), "--errors", "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var proxy = new PrismProxy(process, port);
        await proxy.ReadyAsync(ct);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task InstallAsync(CancellationToken ct)
    {
        if (File.Exists(Path.Combine(Folder, "node_modules", "@stoplight", "prism-cli", "package.json"))) return;
        try
        {
            Directory.CreateDirectory(Folder);
            foreach (var file in (string[])["package.json", "package-lock.json"]) File.Copy(Path.Combine(Given, file), Path.Combine(Folder, file), overwrite: true);
            using var npm = OsProcess.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder, UseShellExecute = false })!;
            await npm.WaitForExitAsync(ct);
            if (npm.ExitCode != 0) throw new System.ComponentModel.Win32Exception($"npm ci ended with {npm.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"node and npm are not installed here, or the packages cannot be had (Debian, Ubuntu: sudo apt-get install nodejs npm): {e.Message}");
        }
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
