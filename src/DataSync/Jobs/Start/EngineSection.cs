using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Start;

/// <summary>The members of a Start that the engine itself reads.</summary>
internal sealed class EngineSection : IPlanSection
{
    private const int LongestRun = 86_400;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "sync_type", "timeout_seconds" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        if (plan.TryGetProperty("sync_type", out var type) && type.ValueKind != JsonValueKind.Null)
        {
            if (type.ValueKind != JsonValueKind.String || type.GetString() is not ("full" or "incremental"))
                yield return new Fault(path + "/sync_type", "faults.one_of", ("allowed", (string[])["full", "incremental"]));
        }

        if (plan.TryGetProperty("timeout_seconds", out var timeout) && timeout.ValueKind != JsonValueKind.Null
            && !(timeout.ValueKind == JsonValueKind.Number && timeout.TryGetInt32(out var seconds) && seconds is >= 1 and <= LongestRun))
        {
            yield return new Fault(path + "/timeout_seconds", "faults.integer", ("min", 1), ("max", LongestRun));
        }
    }
}
