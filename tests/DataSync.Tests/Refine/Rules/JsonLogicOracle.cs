using System.Globalization;
using System.Text;

namespace DataSync.Tests.Refine.Rules;

/// <summary>npm's json-logic-js, run by Node: the answers of the reference implementation.</summary>
internal static class JsonLogicOracle
{
    private const string Version = "2.0.5";

    /// <summary>Reads cases as lines, writes answers as lines in the canonical text of <see cref="CanonicalText"/>.</summary>
    private const string Script = """
        const logic = require('json-logic-js');
        const show = v => v === undefined ? 'undefined' : v === null ? 'null' : typeof v === 'number' ? (v === 0 ? '0' : String(v))
          : typeof v === 'string' ? JSON.stringify(v).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))
          : Array.isArray(v) ? '[' + v.map(show).join(',') + ']'
          : typeof v === 'object' ? '{' + Object.keys(v).sort().map(k => show(k) + ':' + show(v[k])).join(',') + '}' : String(v);
        console.log = () => {};
        const out = [];
        for (const line of require('fs').readFileSync(0, 'utf8').split('\n')) {
          if (!line) continue;
          const test = JSON.parse(line);
          let answer;
          try { answer = show(logic.apply(test.logic, test.data)); } catch (e) { answer = 'throws'; }
          out.push(answer);
        }
        process.stdout.write(out.join('\n') + '\n');
        """;

    /// <summary>The answers to cases <c>{"logic":…,"data":…}</c>. Skips the test, visibly, where Node or the package cannot be had.</summary>
    public static async Task<IReadOnlyList<string>> AskAsync(IEnumerable<string> cases, CancellationToken ct)
    {
        var folder = await InstallAsync(ct);
        var (code, output) = await RunAsync("node", ["-e", Script], folder, string.Join('\n', cases), ct);
        Assert.True(code == 0, output);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static string Case(string logic, string data) => string.Create(CultureInfo.InvariantCulture, $"{{\"logic\":{logic},\"data\":{data}}}");

    private static async Task<string> InstallAsync(CancellationToken ct)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"datasync-json-logic-js-{Version}-{Environment.UserName}");
        if (Directory.Exists(Path.Combine(folder, "node_modules", "json-logic-js"))) return folder;
        Directory.CreateDirectory(folder);
        try
        {
            var (code, output) = await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, $"json-logic-js@{Version}"], folder, "", ct);
            if (code != 0) Missing($"json-logic-js {Version} is not installable here: {output}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Missing("Node and npm are not installed here.");
        }

        return folder;
    }

    /// <summary>A build server must have it; elsewhere the test is skipped, visibly.</summary>
    private static void Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 }) Assert.Fail(why);
        Assert.Skip(why);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, string input, CancellationToken ct)
    {
        using var process = new System.Diagnostics.Process
        {
            StartInfo = new System.Diagnostics.ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardInputEncoding = new UTF8Encoding(false),
                StandardOutputEncoding = Encoding.UTF8,
            },
        };
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        await process.StandardInput.WriteAsync(input.AsMemory(), ct);
        process.StandardInput.Close();
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, process.ExitCode == 0 ? await output : await errors);
    }
}
