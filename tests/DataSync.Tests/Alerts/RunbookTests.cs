using System.Runtime.CompilerServices;
using DataSync.Alerts.Conditions;
using DataSync.Tests.Deploy;

namespace DataSync.Tests.Alerts;

/// <summary>Whoever is told that something is wrong finds in docs/alerts.md what that means and what to do about it.</summary>
public sealed class RunbookTests
{
    public static TheoryData<string> Conditions => [.. typeof(IAlertCondition).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IAlertCondition))).Select(NameOf).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Every_condition_says_what_it_means_how_to_look_and_what_to_do(string condition)
    {
        var runbook = SourceTree.Read("docs/alerts.md").Split("\n## Runbook\n")[1];
        var part = runbook.Split("\n### ").SingleOrDefault(p => p.StartsWith(condition + "\n", StringComparison.Ordinal));
        Assert.NotNull(part);
        Assert.All((string[])["**Means.**", "**Look", "**Do"], word => Assert.Contains(word, part, StringComparison.Ordinal));
        Assert.Contains($"| `{condition}` |", SourceTree.Read("docs/alerts.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Conditions_of_the_design_are_among_them()
        => Assert.Superset(new HashSet<string>(["budget", "connection_pool", "duration", "error_rate", "isolation", "memory", "slot_lag", "stale_source", "wall", "webhook_failures"], StringComparer.Ordinal), Conditions.Select(c => c.Data).ToHashSet(StringComparer.Ordinal));

    /// <summary>A condition's name is a constant of it: nothing that it is made of is asked.</summary>
    private static string NameOf(Type condition) => ((IAlertCondition)RuntimeHelpers.GetUninitializedObject(condition)).Name;
}
