using System.Text.Json;

namespace DataSync.Dev.Checks;

/// <summary>A test that failed. All of them are named again at a run's end: what is said of each where it failed may lie thousands of lines above.</summary>
readonly record struct FailedTest(string Name, string Message)
{
    const int MostLines = 12;

    /// <summary>The failed tests of a report (CTRF), each with the first lines of what was wrong.</summary>
    public static IEnumerable<FailedTest> Read(string report)
    {
        using var document = JsonDocument.Parse(report);
        foreach (var test in document.RootElement.GetProperty("results").GetProperty("tests").EnumerateArray())
        {
            if (test.GetProperty("status").GetString() is "failed" or "other") yield return new FailedTest(Text(test, "name"), Shortened($"{Text(test, "message")}\n{Text(test, "trace")}"));
        }
    }

    public override string ToString() => $"failed: {Name}\n{Message}";

    static string Text(JsonElement test, string name) => test.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    static string Shortened(string text) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MostLines).Select(line => $"    {(line.Length > 400 ? line[..400] + "…" : line)}"));
}
