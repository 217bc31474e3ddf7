using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Process;

/// <summary>The members of a Start that say where records are kept: <c>mode</c> and <c>processing_rules</c>.</summary>
internal sealed class ProcessSection(IEnumerable<IProcessingStrategy> strategies) : IPlanSection
{
    private const int LargestBatch = 100_000;
    private static readonly string[] Modes = ["async", "realtime", "hybrid"];
    private readonly string[] _available = [.. strategies.Select(s => s.Mode).Order(StringComparer.Ordinal)];

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "mode", "processing_rules" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        if (plan.TryGetProperty("mode", out var mode) && mode.ValueKind != JsonValueKind.Null)
        {
            var name = mode.ValueKind == JsonValueKind.String ? mode.GetString()! : "";
            if (!Modes.Contains(name, StringComparer.Ordinal)) yield return new Fault(path + "/mode", "faults.one_of", ("allowed", _available));
            else if (!_available.Contains(name, StringComparer.Ordinal)) yield return new Fault(path + "/mode", "faults.not_available", ("value", name), ("allowed", string.Join(", ", _available)));
        }

        if (!plan.TryGetProperty("processing_rules", out var rules) || rules.ValueKind == JsonValueKind.Null) yield break;
        path += "/processing_rules";
        if (rules.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.object");
            yield break;
        }

        foreach (var member in rules.EnumerateObject())
        {
            switch (member.Name)
            {
                case "batch_size" when member.Value.ValueKind == JsonValueKind.Null || (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var size) && size is >= 1 and <= LargestBatch):
                    break;
                case "batch_size":
                    yield return new Fault(path + "/batch_size", "faults.integer", ("min", 1), ("max", LargestBatch));
                    break;
                case "routing" when member.Value.ValueKind == JsonValueKind.Null:
                    break;
                case "routing":
                    yield return new Fault(path + "/routing", "faults.routing_mode");
                    break;
                default:
                    yield return new Fault(path + JsonPointer.Segment(member.Name), "faults.unknown");
                    break;
            }
        }
    }
}
