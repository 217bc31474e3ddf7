using System.Text.RegularExpressions;

namespace DataSync.Tests.Deploy;

/// <summary>What <c>docs/security.md</c> promises is shown by tests that there are.</summary>
public sealed partial class SecurityPromiseTests
{
    [Fact]
    public void Every_promise_names_a_test_that_exists()
    {
        var promises = Promise().Matches(SourceTree.Read("docs/security.md")).Select(m => (Class: m.Groups["class"].Value, Method: m.Groups["method"].Value)).ToList();
        Assert.True(promises.Count >= 30, $"only {promises.Count}");
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).ToLookup(f => Path.GetFileNameWithoutExtension(f), StringComparer.Ordinal);
        Assert.DoesNotContain(promises, p => !sources[p.Class].Any(file => IsTest(File.ReadAllText(file), p.Method)));
    }

    /// <summary>A method of that name with an attribute of a test before it, which is not left out of the run.</summary>
    private static bool IsTest(string source, string method)
    {
        var at = Regex.Match(source, $@"\b(Task|void|Property) {method}\(");
        if (!at.Success) return false;
        var attributes = source[source[..at.Index].LastIndexOf("\n\n", StringComparison.Ordinal)..at.Index];
        return Regex.IsMatch(attributes, @"\[(Fact|Theory|Property)\b") && !Regex.IsMatch(attributes, @"\bSkip\s*=|Explicit\s*=\s*true");
    }

    [GeneratedRegex(@"^\| .+ \| `(?<class>[A-Za-z]+)\.(?<method>[A-Za-z0-9_]+)` \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Promise();
}
