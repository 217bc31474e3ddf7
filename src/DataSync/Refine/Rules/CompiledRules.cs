using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Rules;

/// <summary>A rule set, ready to run: nothing in it changes, so jobs share it. What a run needs to write into is <see cref="RulesBatchRefiner"/>'s.</summary>
internal sealed class CompiledRules(Rule[] rules)
{
    public Rule[] Rules { get; } = rules;

    /// <summary>Compiles rules that were validated before.</summary>
    public static CompiledRules Of(JsonElement businessRules)
    {
        var (rules, faults) = RuleSetReader.Read(businessRules, "/business_rules");
        return faults.Count == 0
            ? new CompiledRules([.. rules])
            : throw new SyncFailureException(SyncFailure.Permanent("errors.rules.invalid")) { Faults = faults };
    }
}
