using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>Business rules: conditions and expressions in JsonLogic, typed actions. See docs/rules.md.</summary>
internal sealed class RulesRefiner(ILogger<RulesRefiner> logger) : IRefiner
{
    private const string Member = "business_rules";

    public int Order => 100;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { Member };

    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string path)
        => TryGetRules(refinementConfig, out var rules) ? RuleSetReader.Read(rules, $"{path}/{Member}").Faults : [];

    public IBatchRefiner? Compile(JsonElement refinementConfig)
    {
        if (!TryGetRules(refinementConfig, out var element)) return null;
        var (rules, faults) = RuleSetReader.Read(element, $"/{Member}");
        if (faults.Count > 0)
            throw new SyncFailureException(SyncFailure.Permanent("errors.rules.invalid")) { Faults = faults };
        return rules.Count == 0 ? null : new RulesBatchRefiner([.. rules], logger);
    }

    private static bool TryGetRules(JsonElement config, out JsonElement rules)
    {
        rules = default;
        return config.ValueKind == JsonValueKind.Object && config.TryGetProperty(Member, out rules);
    }
}
