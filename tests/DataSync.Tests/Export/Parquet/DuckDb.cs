using System.Diagnostics;
using System.Text;
using System.Text.Json;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Tests.Export.Parquet;

/// <summary>DuckDB by its npm package, in one Node process of all tests: the independent reader of what exports hold. The process ends with ours, whose pipe it reads.</summary>
internal static class DuckDb
{
    private static readonly string Folder = Path.Combine(Repository.Root, ".datasync", "duckdb");
    private static readonly string Given = Path.Combine(Repository.Root, "tests", "DataSync.Tests", "Export", "Parquet", "duckdb");
    private static readonly SemaphoreSlim One = new(1);
    private static OsProcess? _node;

    /// <summary>What each statement gives. Skips the test, visibly, where Node or the package cannot be had, and fails it on a build server.</summary>
    public static async Task<IReadOnlyList<DuckDbRows>> QueryAsync(CancellationToken ct, params string[] statements)
    {
        await One.WaitAsync(ct);
        try
        {
            _node ??= await StartAsync(ct);
            await _node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(statements).AsMemory(), ct);
            var line = await _node.StandardOutput.ReadLineAsync(ct) ?? throw new InvalidOperationException("DuckDB's process has ended.");
            var answer = JsonElement.Parse(line);
            Assert.False(answer.TryGetProperty("error", out var error), error.ToString());
            return answer.GetProperty("results").Deserialize<DuckDbRows[]>(JsonSerializerOptions.Web)!;
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>A path as SQL text.</summary>
    public static string Quoted(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task<OsProcess> StartAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            foreach (var file in (string[])["package.json", "package-lock.json", "query.mjs"]) File.Copy(Path.Combine(Given, file), Path.Combine(Folder, file), overwrite: true);
            if (!File.Exists(Path.Combine(Folder, "node_modules", "@duckdb", "node-api", "package.json")))
            {
                using var npm = Start("npm", "ci", "--no-audit", "--no-fund");
                await npm.WaitForExitAsync(ct);
                if (npm.ExitCode != 0) throw new System.ComponentModel.Win32Exception($"npm ci ended with {npm.ExitCode}");
            }

            return Start("node", "query.mjs");
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
            Assert.Skip($"node and npm are not installed here, or DuckDB cannot be had (Debian, Ubuntu: sudo apt-get install nodejs npm): {e.Message}");
            throw;
        }
    }

    private static OsProcess Start(string program, params string[] arguments)
        => OsProcess.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        })!;
}

/// <summary>What a statement gave: the types of its columns, and its rows with values as text.</summary>
internal sealed record DuckDbRows(IReadOnlyList<string> Types, IReadOnlyList<IReadOnlyList<string?>> Rows);
