using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DataSync.Tests;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>Providers' own packages, in a Node process: the other side of our reading of their schemes.</summary>
internal sealed class WebhookSenders : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, ".datasync", "webhook-senders");
    private static readonly string Given = Path.Combine(Repository.Root, "tests", "DataSync.IntegrationTests", "Webhooks", "senders");
    private readonly OsProcess _process;

    private WebhookSenders(OsProcess process) => _process = process;

    /// <summary>Installs the packages where they are not yet, and starts the process.</summary>
    public static async Task<WebhookSenders> StartAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            foreach (var file in (string[])["package.json", "package-lock.json", "sign.mjs"]) File.Copy(Path.Combine(Given, file), Path.Combine(Folder, file), overwrite: true);
            if (!File.Exists(Path.Combine(Folder, "node_modules", "svix", "package.json")))
            {
                using var npm = Start("npm", "ci", "--no-audit", "--no-fund");
                await npm.WaitForExitAsync(ct);
                if (npm.ExitCode != 0) throw new System.ComponentModel.Win32Exception($"npm ci ended with {npm.ExitCode}");
            }

            return new WebhookSenders(Start("node", "sign.mjs"));
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
            Assert.Skip($"node and npm are not installed here, or the packages cannot be had (Debian, Ubuntu: sudo apt-get install nodejs npm): {e.Message}");
            throw;
        }
    }

    /// <summary>A delivery that a package has signed.</summary>
    public async Task<SignedDelivery> SignAsync(string library, string secret, string body, string id, DateTimeOffset at, CancellationToken ct)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var asked = new { library, secret, id, seconds = at.ToUnixTimeSeconds(), body = Convert.ToBase64String(bytes) };
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(asked).AsMemory(), ct);
        var line = await _process.StandardOutput.ReadLineAsync(ct) ?? throw new InvalidOperationException(await _process.StandardError.ReadToEndAsync(ct));
        var scheme = library switch { "stripe" => "stripe", "octokit" => "github", _ => "standard-webhooks" };
        return new SignedDelivery(scheme, JsonSerializer.Deserialize<Dictionary<string, string>>(line)!, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static OsProcess Start(string program, params string[] arguments)
        => OsProcess.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = program == "node",
            UseShellExecute = false,
        })!;
}
