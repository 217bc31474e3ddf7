using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Coco;

/// <summary>What is wrong with <c>export_config.coco</c>. Null stands for the default.</summary>
internal static class CocoOptionsValidation
{
    private const int LongestText = 500;
    private const int MostCategories = 10_000;
    private static readonly string[] Annotators = ["one", "all"];

    public static IEnumerable<Fault> Validate(JsonElement options, string path) => ExportMembers.Members(options, path, Member);

    private static IEnumerable<Fault> Member(JsonProperty member, string path) => member.Name switch
    {
        _ when member.Value.ValueKind == JsonValueKind.Null => [],
        "image" or "width" or "height" or "annotations" or "to_name" => Text(member.Value, path),
        "annotators" => member.Value.ValueKind == JsonValueKind.String && Annotators.Contains(member.Value.GetString(), StringComparer.Ordinal) ? [] : [new Fault(path, "faults.one_of", ("allowed", Annotators))],
        "box_polygons" or "attributes" => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? [] : [new Fault(path, "faults.bool")],
        "categories" => Categories(member.Value, path),
        "info" => member.Value.ValueKind == JsonValueKind.Object ? [] : [new Fault(path, "faults.object")],
        "licenses" => Licenses(member.Value, path),
        _ => [new Fault(path, "faults.unknown")],
    };

    private static IEnumerable<Fault> Categories(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MostCategories)
        {
            yield return new Fault(path, "faults.items", ("min", 1), ("max", MostCategories));
            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var category in value.EnumerateArray())
        {
            foreach (var fault in Category(category, $"{path}/{index}", seen)) yield return fault;
            index++;
        }
    }

    private static IEnumerable<Fault> Category(JsonElement category, string path, HashSet<string> seen)
    {
        var name = category;
        if (category.ValueKind == JsonValueKind.Object)
        {
            foreach (var fault in ExportMembers.Members(category, path, CategoryMember)) yield return fault;
            if (!category.TryGetProperty("name", out name))
            {
                yield return new Fault(path + "/name", "faults.required");
                yield break;
            }
        }

        if (name.ValueKind != JsonValueKind.String) yield return new Fault(path, "faults.string");
        else if (category.ValueKind == JsonValueKind.String && Text(name, path).FirstOrDefault() is { } wrongName) yield return wrongName;
        else if (!seen.Add(name.GetString()!)) yield return new Fault(path, "faults.duplicate");
        if (category.ValueKind == JsonValueKind.Object && Skeleton(category) is { } wrong) yield return new Fault(path + "/skeleton", wrong);
    }

    private static IEnumerable<Fault> CategoryMember(JsonProperty member, string path) => member.Name switch
    {
        "name" or "supercategory" => Text(member.Value, path),
        "keypoints" => member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().All(p => p.ValueKind == JsonValueKind.String)
            && member.Value.EnumerateArray().Select(p => p.GetString()).Distinct(StringComparer.Ordinal).Count() == member.Value.GetArrayLength() ? [] : [new Fault(path, "faults.export.coco_keypoints")],
        "skeleton" => [],
        _ => [new Fault(path, "faults.unknown")],
    };

    /// <summary>Pairs of keypoints there are, counted from 1.</summary>
    private static string? Skeleton(JsonElement category)
    {
        if (!category.TryGetProperty("skeleton", out var skeleton) || skeleton.ValueKind == JsonValueKind.Null) return null;
        var points = category.TryGetProperty("keypoints", out var names) && names.ValueKind == JsonValueKind.Array ? names.GetArrayLength() : 0;
        var isRight = skeleton.ValueKind == JsonValueKind.Array && skeleton.EnumerateArray().All(pair => pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            && pair.EnumerateArray().All(p => p.ValueKind == JsonValueKind.Number && p.TryGetInt32(out var at) && at >= 1 && at <= points));
        return isRight ? null : "faults.export.coco_skeleton";
    }

    private static IEnumerable<Fault> Licenses(JsonElement value, string path)
        => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(l => l.ValueKind == JsonValueKind.Object
            && l.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _)
            && l.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String) ? [] : [new Fault(path, "faults.export.coco_licenses")];

    private static IEnumerable<Fault> Text(JsonElement value, string path)
        => value.ValueKind != JsonValueKind.String ? [new Fault(path, "faults.string")]
            : value.GetString()!.Length is > 0 and <= LongestText ? []
            : [new Fault(path, "faults.length", ("min", 1), ("max", LongestText))];
}
