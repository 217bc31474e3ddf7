using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;

namespace DataSync.Process.Hybrid;

/// <summary>Names everything wrong with routing rules, and reads those without fault.</summary>
internal static class RoutingRules
{
    private static readonly string[] Sides = [SyncModes.Async, SyncModes.Realtime];

    public static IEnumerable<Fault> Validate(JsonElement routing, string path, CompileConditions compile)
    {
        if (routing.ValueKind != JsonValueKind.Array) return [new Fault(path, "faults.list")];
        if (routing.GetArrayLength() > RoutingPlan.MaxRules) return [new Fault(path, "faults.items", ("min", 0), ("max", RoutingPlan.MaxRules))];
        List<Fault> faults = [];
        List<ConditionSource> conditions = [];
        var index = 0;
        foreach (var rule in routing.EnumerateArray())
        {
            var at = $"{path}/{index++}";
            if (rule.ValueKind != JsonValueKind.Object)
            {
                faults.Add(new Fault(at, "faults.object"));
                continue;
            }

            faults.AddRange(rule.EnumerateObject().Where(m => m.Name is not ("when" or "to")).Select(m => new Fault(at + JsonPointer.Segment(m.Name), "faults.unknown")));
            faults.AddRange(rule.EnumerateObject().GroupBy(m => m.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => new Fault(at + JsonPointer.Segment(g.Key), "faults.duplicate")));
            if (rule.TryGetProperty("when", out var when)) conditions.Add(new ConditionSource(when, at + "/when"));
            else faults.Add(new Fault(at + "/when", "faults.required"));
            if (rule.TryGetProperty("to", out var to)) faults.AddRange(ValidateTo(to, at + "/to"));
            else faults.Add(new Fault(at + "/to", "faults.required"));
        }

        return faults.Concat(compile(conditions).Faults);
    }

    public static IEnumerable<Fault> ValidateTo(JsonElement to, string path)
        => to.ValueKind == JsonValueKind.String && Sides.Contains(to.GetString(), StringComparer.Ordinal) ? [] : [new Fault(path, "faults.one_of", ("allowed", Sides))];
}
