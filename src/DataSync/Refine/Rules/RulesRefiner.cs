using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Caching;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>Business rules: conditions and expressions in JsonLogic, typed actions. See docs/rules.md.</summary>
internal sealed class RulesRefiner(ConfigurationCache cache, ILogger<RulesRefiner> logger) : IRefiner
{
    private const string Member = "business_rules";

    public int Order => 100;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { Member };

    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string path)
        => TryGetRules(refinementConfig, out var rules) ? RuleSetReader.Read(rules, $"{path}/{Member}").Faults : [];

    public async ValueTask<IBatchRefiner?> CompileAsync(string tenantId, JsonElement refinementConfig, CancellationToken ct)
    {
        if (!TryGetRules(refinementConfig, out var element)) return null;
        var compiled = await cache.MadeOfAsync("rules", tenantId, element.GetRawText(), () => CompiledRules.Of(element), ct);
        return compiled.Rules.Length == 0 ? null : new RulesBatchRefiner(compiled.Rules, logger);
    }

    private static bool TryGetRules(JsonElement config, out JsonElement rules)
    {
        rules = default;
        return config.ValueKind == JsonValueKind.Object && config.TryGetProperty(Member, out rules);
    }
}
