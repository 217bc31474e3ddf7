using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Splits;

/// <summary>What is wrong with <c>export_config.split</c>. Null stands for the default.</summary>
internal static class SplitValidation
{
    private const int LongestKey = 500;

    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        var wrong = ExportMembers.Members(given, path, Member).ToList();
        if (wrong.Count == 0 && given.ValueKind == JsonValueKind.Object && given.EnumerateObject().Any() && Sum(given) != 100) wrong.Add(new Fault(path, "faults.export.split_sum"));
        return wrong;
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string path) => member.Name switch
    {
        _ when member.Value.ValueKind == JsonValueKind.Null => [],
        "seed" => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out _) ? [] : [new Fault(path, "faults.integer", ("min", long.MinValue), ("max", long.MaxValue))],
        "key" => Key(member.Value, path),
        _ when SplitPlan.Names.Contains(member.Name, StringComparer.Ordinal)
            => Percent(member.Value) is not null ? [] : [new Fault(path, "faults.integer", ("min", 0), ("max", 100))],
        _ => [new Fault(path, "faults.unknown")],
    };

    private static IEnumerable<Fault> Key(JsonElement value, string path)
        => value.ValueKind != JsonValueKind.String ? [new Fault(path, "faults.string")]
            : value.GetString()!.Length is > 0 and <= LongestKey ? []
            : [new Fault(path, "faults.length", ("min", 1), ("max", LongestKey))];

    private static int Sum(JsonElement given) => SplitPlan.Names.Sum(n => given.TryGetProperty(n, out var value) ? Percent(value) ?? 0 : 0);

    private static int? Percent(JsonElement value)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var percent) && percent is >= 0 and <= 100 ? percent : null;
}
