using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DataSync.Export.Storage.S3;

namespace DataSync.Tests.Export.Storage;

/// <summary>npm's s3rver: a server that speaks S3, with one bucket. Skips the tests, visibly, where it cannot be had; on a build server they fail.</summary>
public sealed class S3Server : IAsyncLifetime
{
    private const string Version = "3.7.1";
    private const string Bucket = "exports";
    private readonly string _data = Directory.CreateTempSubdirectory("datasync-s3rver-").FullName;
    private System.Diagnostics.Process? _process;
    private string? _missing;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"datasync-s3rver-{Version}-{Environment.UserName}");
        var program = Path.Combine(folder, "node_modules", "s3rver", "bin", "s3rver.js");
        try
        {
            if (!File.Exists(program))
            {
                Directory.CreateDirectory(folder);
                using var install = Start("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, $"s3rver@{Version}"]);
                await install.WaitForExitAsync();
            }

            if (!File.Exists(program)) _missing = $"s3rver {Version} is not installable here.";
            else await ServeAsync(program);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _missing = "Node and npm are not installed here.";
        }

        if (_missing is not null && Environment.GetEnvironmentVariable("CI") is { Length: > 0 }) throw new InvalidOperationException(_missing);
    }

    /// <summary>How the bucket is reached.</summary>
    internal S3Options Options()
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return new S3Options { Bucket = Bucket, Endpoint = $"http://127.0.0.1:{_port}", AccessKey = "S3RVER", SecretKey = "S3RVER" };
    }

    /// <summary>Where the server keeps what it is given.</summary>
    internal string Folder => _data;

    /// <summary>The keys of what lies in the bucket.</summary>
    internal IEnumerable<string> Keys()
    {
        const string Suffix = "._S3rver_object";
        var root = Path.Combine(_data, Bucket);
        return Directory.EnumerateFiles(root, "*" + Suffix, SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)[..^Suffix.Length].Replace(Path.DirectorySeparatorChar, '/'));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        Directory.Delete(_data, recursive: true);
    }

    private async Task ServeAsync(string program)
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _process = Start("node", [program, "--directory", _data, "--address", "127.0.0.1", "--port", $"{_port}", "--silent", "--configure-bucket", Bucket]);
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, _port);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60) && !_process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    private static System.Diagnostics.Process Start(string program, string[] arguments)
        => System.Diagnostics.Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
}
