using System.Text.RegularExpressions;

namespace DataSync.Tests.Deploy;

/// <summary>What <c>docs/security.md</c> promises is shown by tests, and cases of the benchmark, that there are.</summary>
public sealed partial class SecurityPromiseTests
{
    private static readonly string Table = SourceTree.Read("docs/security.md").Split("\n## ").Single(part => part.StartsWith("What is promised", StringComparison.Ordinal));
    private static readonly ILookup<string, string> Sources = Below("tests").ToLookup(f => Path.GetFileNameWithoutExtension(f)!, StringComparer.Ordinal);
    private static readonly HashSet<string> Cases = [.. Below("bench").SelectMany(f => CaseName().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value)];

    [Fact]
    public void Every_promise_names_nothing_but_tests_and_benchmarks_that_exist()
    {
        Assert.True(Rows(Table).Count >= 45, $"only {Rows(Table).Count}");
        Assert.Empty(Faults(Table));
    }

    /// <summary>Whatever stands beside a promise is held to it, the second as the first.</summary>
    [Theory]
    [InlineData("`, `RateLimitTests.", "`, `RateLimitTests.Nobody_")]
    [InlineData("`IsolationMatrixTests.", "`IsolationMatricesTests.")]
    [InlineData("`./dev bench isolation`", "`./dev bench insulation`")]
    [InlineData(", `./dev bench isolation`", " and others")]
    [InlineData("`BadTokenTests.Bad_token_is_refused_without_saying_why`", "")]
    public void Row_that_names_something_else_is_found(string named, string planted)
    {
        Assert.Contains(named, Table, StringComparison.Ordinal);
        Assert.NotEmpty(Faults(Table.Replace(named, planted, StringComparison.Ordinal)));
    }

    /// <summary>What is beside a promise, and is no test, no case and no list of such.</summary>
    private static List<string> Faults(string table) => [.. Rows(table).SelectMany(row => row.Split(", ")).Where(shown => !Exists(shown))];

    /// <summary>The last cell of each row but the head's two.</summary>
    private static List<string> Rows(string table)
        => [.. table.Split('\n').Where(l => l.StartsWith('|')).Skip(2).Select(l => l.TrimEnd().TrimEnd('|').Split('|')[^1].Trim())];

    private static bool Exists(string shown)
    {
        if (Bench().Match(shown) is { Success: true } bench) return Cases.Contains(bench.Groups[1].Value);
        return Test().Match(shown) is { Success: true } test && Sources[test.Groups["class"].Value].Any(file => IsTest(File.ReadAllText(file), test.Groups["method"].Value));
    }

    private static IEnumerable<string> Below(string folder) => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>A method of that name with an attribute of a test before it, which is not left out of the run.</summary>
    private static bool IsTest(string source, string method)
    {
        var at = Regex.Match(source, $@"\b(Task|void|Property) {method}\(");
        if (!at.Success) return false;
        var attributes = source[source[..at.Index].LastIndexOf("\n\n", StringComparison.Ordinal)..at.Index];
        return Regex.IsMatch(attributes, @"\[(Fact|Theory|Property)\b") && !Regex.IsMatch(attributes, @"\bSkip\s*=|Explicit\s*=\s*true");
    }

    [GeneratedRegex(@"^`(?<class>[A-Za-z]+)\.(?<method>[A-Za-z0-9_]+)`$", RegexOptions.ExplicitCapture)]
    private static partial Regex Test();

    [GeneratedRegex("^`\\./dev bench ([a-z-]+)`$")]
    private static partial Regex Bench();

    [GeneratedRegex(@"override string Name => ""([a-z-]+)"";")]
    private static partial Regex CaseName();
}
