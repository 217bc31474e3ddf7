using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Caching;
using DataSync.Refine.Rules.Checks;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>Business rules: conditions and expressions in JsonLogic, typed actions. See docs/rules.md.</summary>
internal sealed class RulesRefiner(ConfigurationCache cache, UniqueMemory memory, ILogger<RulesRefiner> logger) : IRefiner
{
    private const string Member = "business_rules", Checks = "checks";

    public int Order => 100;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { Member, Checks };

    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string path)
        => RuleSetReader.Read(Get(refinementConfig, Member), $"{path}/{Member}", Get(refinementConfig, Checks), $"{path}/{Checks}").Faults;

    public async ValueTask<IBatchRefiner?> CompileAsync(string tenantId, JsonElement refinementConfig, CancellationToken ct)
    {
        var (rules, checks) = (Get(refinementConfig, Member), Get(refinementConfig, Checks));
        if (rules.ValueKind == JsonValueKind.Undefined && checks.ValueKind == JsonValueKind.Undefined) return null;
        var compiled = await cache.MadeOfAsync("rules", tenantId, $"{Text(rules)}\n{Text(checks)}", () => CompiledRules.Of(rules, checks), ct);
        return compiled.Rules.Length == 0 ? null : new RulesBatchRefiner(compiled, memory, logger);
    }

    private static string Text(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? "" : element.GetRawText();

    private static JsonElement Get(JsonElement config, string member)
        => config.ValueKind == JsonValueKind.Object && config.TryGetProperty(member, out var found) ? found : default;
}
