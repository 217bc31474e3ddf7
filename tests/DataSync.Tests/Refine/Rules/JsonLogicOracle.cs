using System.Globalization;

namespace DataSync.Tests.Refine.Rules;

/// <summary>npm's json-logic-js, run by Node: the answers of the reference implementation.</summary>
internal static class JsonLogicOracle
{
    private static readonly NodePackage Package = new("json-logic-js", "2.0.5");

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
        => (await Package.AskAsync(Script, string.Join('\n', cases), ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static string Case(string logic, string data) => string.Create(CultureInfo.InvariantCulture, $"{{\"logic\":{logic},\"data\":{data}}}");
}
