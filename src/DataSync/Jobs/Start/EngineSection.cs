using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Start;

/// <summary>The members of a Start that the engine itself reads.</summary>
internal sealed class EngineSection : IPlanSection
{
    private const int LongestRun = 86_400;

    /// <summary>A year: annotators are people.</summary>
    private const int LongestWait = 366 * 86_400;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "sync_type", "timeout_seconds", "annotation_timeout_seconds" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        if (plan.TryGetProperty("sync_type", out var type) && type.ValueKind != JsonValueKind.Null)
        {
            if (type.ValueKind != JsonValueKind.String || type.GetString() is not ("full" or "incremental"))
                yield return new Fault(path + "/sync_type", "faults.one_of", ("allowed", (string[])["full", "incremental"]));
        }

        if (Seconds(plan, path, "timeout_seconds", LongestRun) is { } timeout) yield return timeout;
        if (Seconds(plan, path, "annotation_timeout_seconds", LongestWait) is { } wait) yield return wait;
    }

    private static Fault? Seconds(JsonElement plan, string path, string member, int most)
        => !plan.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null
            || (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var seconds) && seconds >= 1 && seconds <= most)
            ? null
            : new Fault($"{path}/{member}", "faults.integer", ("min", 1), ("max", most));
}
