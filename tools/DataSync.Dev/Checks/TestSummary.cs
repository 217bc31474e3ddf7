using System.Text.Json;

namespace DataSync.Dev.Checks;

/// <summary>How the tests of one or more projects went.</summary>
readonly record struct TestSummary(int Passed, int Failed, int Skipped)
{
    /// <summary>A run is good only if something ran.</summary>
    public bool IsGood => Failed == 0 && Passed > 0;

    public static TestSummary operator +(TestSummary a, TestSummary b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    /// <summary>
    /// Reads a test process's report (CTRF). A process that failed without a failed test (a crash, a fault outside the tests)
    /// counts as one failure, and so does one that left no report. What only runs when named ("pending") is no skipped test.
    /// </summary>
    public static TestSummary Read(string? report, int exitCode)
    {
        if (report is null) return new TestSummary(0, 1, 0);
        using var document = JsonDocument.Parse(report);
        var summary = document.RootElement.GetProperty("results").GetProperty("summary");
        int Count(string name) => summary.TryGetProperty(name, out var count) ? count.GetInt32() : 0;
        var counted = new TestSummary(Count("passed"), Count("failed") + Count("other"), Count("skipped"));
        return exitCode != 0 && counted.Failed == 0 ? counted with { Failed = 1 } : counted;
    }

    public override string ToString() => $"{Passed} passed, {Failed} failed, {Skipped} skipped";
}
