using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Checks;

namespace DataSync.Refine.Rules;

/// <summary>A rule set, ready to run: nothing in it changes, so jobs share it. What a run needs to write into is <see cref="RulesBatchRefiner"/>'s.</summary>
internal sealed class CompiledRules(Rule[] rules)
{
    public Rule[] Rules { get; } = rules;

    /// <summary>The rules' ids, in order.</summary>
    public IReadOnlyList<string> Ids { get; } = [.. rules.Select(r => r.Id)];

    /// <summary>The checks that want to know every value so far, by the place of their memory.</summary>
    public IReadOnlyList<string> Unique { get; } = [.. rules.SelectMany(r => r.Then).OfType<UniqueAction>().Select(u => u.Id)];

    /// <summary>Whether any of them may put a tag on a record.</summary>
    public bool Tags { get; } = Array.Exists(rules, rule => Array.Exists(rule.Then, action => action is TagAction or CheckAction { Tags: true } or UniqueAction { Tags: true }));

    /// <summary>Compiles rules and checks that were validated before.</summary>
    public static CompiledRules Of(JsonElement businessRules, JsonElement checks = default)
    {
        var (rules, faults) = RuleSetReader.Read(businessRules, "/business_rules", checks, "/checks");
        return faults.Count == 0
            ? new CompiledRules([.. rules])
            : throw new SyncFailureException(SyncFailure.Permanent("errors.rules.invalid")) { Faults = faults };
    }
}
