using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests.Platform.Authentication;

/// <summary>npm's <c>oauth2-mock-server</c> in a Node process: an OpenID Connect issuer that is not ours, whose keys a test makes and takes back.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, ".datasync", "token-issuer");
    private static readonly string Given = Path.Combine(Repository.Root, "tests", "DataSync.Tests", "Platform", "Authentication", "issuer");
    private readonly OsProcess _process;

    private TokenIssuer(OsProcess process) => _process = process;

    /// <summary>Installs the package where it is not yet, and starts the process. The issuer itself listens from <see cref="OpenAsync"/> on.</summary>
    public static async Task<TokenIssuer> StartAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            foreach (var file in (string[])["package.json", "package-lock.json", "issuer.mjs"]) File.Copy(Path.Combine(Given, file), Path.Combine(Folder, file), overwrite: true);
            if (!File.Exists(Path.Combine(Folder, "node_modules", "oauth2-mock-server", "package.json")))
            {
                using var npm = Start("npm", "ci", "--no-audit", "--no-fund");
                await npm.WaitForExitAsync(ct);
                if (npm.ExitCode != 0) throw new System.ComponentModel.Win32Exception($"npm ci ended with {npm.ExitCode}");
            }

            return new TokenIssuer(Start("node", "issuer.mjs"));
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
            Assert.Skip($"node and npm are not installed here, or the package cannot be had (Debian, Ubuntu: sudo apt-get install nodejs npm): {e.Message}");
            throw;
        }
    }

    /// <summary>Listens, again at the same address; the issuer's name.</summary>
    public async Task<string> OpenAsync(CancellationToken ct) => (await AskAsync(new { @do = "start" }, ct)).GetProperty("url").GetString()!;

    /// <summary>Listens no more.</summary>
    public Task CloseAsync(CancellationToken ct) => AskAsync(new { @do = "stop" }, ct);

    /// <summary>A new key, published at once.</summary>
    public Task NewKeyAsync(string keyId, CancellationToken ct, string algorithm = "RS256") => AskAsync(new { @do = "generate", alg = algorithm, kid = keyId }, ct);

    /// <summary>The key is published no more, as one that was stolen.</summary>
    public Task TakeBackAsync(string keyId, CancellationToken ct) => AskAsync(new { @do = "hide", kid = keyId }, ct);

    /// <summary>A token signed by the key.</summary>
    public async Task<string> TokenAsync(string keyId, DateTimeOffset from, DateTimeOffset until, CancellationToken ct)
    {
        var claims = new JsonObject
        {
            ["aud"] = "datasync",
            ["sub"] = "alice",
            ["tenant_id"] = "demo",
            ["scope"] = "sync.read",
            ["iat"] = from.ToUnixTimeSeconds(),
            ["nbf"] = from.ToUnixTimeSeconds(),
            ["exp"] = until.ToUnixTimeSeconds(),
        };
        return (await AskAsync(new { @do = "token", kid = keyId, claims }, ct)).GetProperty("token").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonElement> AskAsync(object command, CancellationToken ct)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command).AsMemory(), ct);
        return JsonElement.Parse(await _process.StandardOutput.ReadLineAsync(ct) ?? throw new InvalidOperationException(await _process.StandardError.ReadToEndAsync(ct)));
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
