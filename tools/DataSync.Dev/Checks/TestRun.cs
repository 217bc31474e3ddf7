using DataSync.LocalPostgres;

namespace DataSync.Dev.Checks;

/// <summary><c>./dev test</c>: both test projects, one after the other, and a last line with their sum.</summary>
sealed class TestRun(Checkout checkout)
{
    static readonly string[] Projects = ["DataSync.Tests", "DataSync.IntegrationTests"];

    readonly List<FailedTest> _failed = [];

    public async Task<int> RunAsync(string? filter, CancellationToken ct)
    {
        await using var postgres = await HoldServerAsync(ct);
        var sum = await RunProjectsAsync(Projects, filter, ct);
        foreach (var failed in _failed) Console.WriteLine(failed);
        Console.WriteLine(sum);
        return sum.IsGood ? 0 : 1;
    }

    public async Task<TestSummary> RunProjectsAsync(IEnumerable<string> projects, string? filter, CancellationToken ct)
    {
        var sum = new TestSummary();
        foreach (var project in projects) sum += await RunProjectAsync(project, filter, ct);
        return sum;
    }

    /// <summary>
    /// The tests find the server by themselves; holding it here lets both projects share one start, and installs what is missing.
    /// Without any server, the tests decide: they skip on a laptop and fail on a build server.
    /// </summary>
    async Task<LocalPostgresServer?> HoldServerAsync(CancellationToken ct)
    {
        try
        {
            return await LocalPostgresServer.EnsureAsync(
                new LocalPostgresOptions { Folder = checkout.Local, Cluster = "test-postgres", Disposable = true, MayInstall = true, Report = Console.WriteLine }, ct);
        }
        catch (PostgresUnavailableException e)
        {
            await Console.Error.WriteLineAsync($"dev: {e.Message}");
            return null;
        }
    }

    async Task<TestSummary> RunProjectAsync(string project, string? filter, CancellationToken ct)
    {
        var report = Path.Combine(checkout.Local, "test-results", $"{project}.ctrf.json");
        Directory.CreateDirectory(Path.GetDirectoryName(report)!);
        File.Delete(report);
        string[] arguments = [checkout.Assembly("tests", project), "-noLogo", .. ColourArguments, "-result-ctrf", report, .. FilterArguments(filter)];
        var exitCode = await Programs.RunAsync(Programs.Dotnet, arguments, checkout.Root, new Dictionary<string, string>(), ct);
        var text = File.Exists(report) ? await File.ReadAllTextAsync(report, ct) : null;
        if (text is not null) _failed.AddRange(FailedTest.Read(text));
        return TestSummary.Read(text, exitCode);
    }

    // Escape codes left behind by the tests would stand before the last line, which a build server reads.
    static string[] ColourArguments => Console.IsOutputRedirected ? ["-noColor"] : [];

    /// <summary>A filter is part of a test's full name (namespace, class, method); one that begins with a slash is xunit's query language.</summary>
    internal static IReadOnlyList<string> FilterArguments(string? filter) => filter switch
    {
        null or "" => [],
        ['/', ..] => ["-filter", filter],
        _ => ["-method", filter.Contains('*', StringComparison.Ordinal) ? filter : $"*{filter}*"],
    };
}
