using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;
using DataSync.Process.Hybrid;

namespace DataSync.Process;

/// <summary>The members of a Start that say where records are kept: <c>mode</c> and <c>processing_rules</c>.</summary>
internal sealed class ProcessSection(IEnumerable<IProcessingStrategy> strategies, CompileConditions conditions) : IPlanSection
{
    private const int LargestBatch = 100_000;
    private readonly string[] _modes = [.. strategies.Select(s => s.Mode).Order(StringComparer.Ordinal)];

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "mode", "processing_rules" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        var mode = plan.TryGetProperty("mode", out var given) && given.ValueKind != JsonValueKind.Null ? given : default;
        var isHybrid = mode.ValueKind == JsonValueKind.String && mode.ValueEquals(SyncModes.Hybrid);
        if (mode.ValueKind != JsonValueKind.Undefined && !(mode.ValueKind == JsonValueKind.String && _modes.Contains(mode.GetString(), StringComparer.Ordinal)))
            yield return new Fault(path + "/mode", "faults.one_of", ("allowed", _modes));
        if (!plan.TryGetProperty("processing_rules", out var rules) || rules.ValueKind == JsonValueKind.Null) yield break;
        path += "/processing_rules";
        if (rules.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.object");
            yield break;
        }

        foreach (var fault in rules.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null || !IsKnown(m.Name)).SelectMany(m => Member(m, isHybrid, path + JsonPointer.Segment(m.Name))))
            yield return fault;
    }

    private IEnumerable<Fault> Member(JsonProperty member, bool isHybrid, string path) => member.Name switch
    {
        "batch_size" => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var size) && size is >= 1 and <= LargestBatch
            ? []
            : [new Fault(path, "faults.integer", ("min", 1), ("max", LargestBatch))],
        "routing" or "routing_default" when !isHybrid => [new Fault(path, "faults.routing_mode")],
        "routing" => RoutingRules.Validate(member.Value, path, conditions),
        "routing_default" => RoutingRules.ValidateTo(member.Value, path),
        _ => [new Fault(path, "faults.unknown")],
    };

    private static bool IsKnown(string name) => name is "batch_size" or "routing" or "routing_default";
}
