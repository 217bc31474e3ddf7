using System.Text.Json;

namespace DataSync.Export.Coco.Checking;

/// <summary>Categories: an id and a name of its own, keypoints and the skeleton between them.</summary>
internal sealed class CategoryCheck(CocoFindings findings)
{
    private readonly Dictionary<long, int> _keypoints = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>How many keypoints a category has; null where there is no such category.</summary>
    public int? KeypointsOf(long id) => _keypoints.TryGetValue(id, out var count) ? count : null;

    public void Look(JsonElement category, int index)
    {
        findings.Categories++;
        var at = Places.Element("categories", index);
        if (!Ids.Object(category, at, findings)) return;
        var id = Ids.Read(category, at, findings);
        var points = Keypoints(category, at);
        if (id is { } known && !_keypoints.TryAdd(known, points)) findings.Error(at + ".id", "coco.id_twice", ("id", known));
        if (id is { } number && number != index + 1) findings.Warn(at + ".id", "coco.category_order", ("expected", index + 1));
        if (!category.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString()!.Length == 0) findings.Error(at + ".name", "coco.category_name");
        else if (!_names.Add(name.GetString()!)) findings.Error(at + ".name", "coco.name_twice");
        Skeleton(category, at, points);
    }

    private int Keypoints(JsonElement category, string at)
    {
        if (!category.TryGetProperty("keypoints", out var names)) return 0;
        if (names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String)) return names.GetArrayLength();
        findings.Error(at + ".keypoints", "coco.category_keypoints");
        return 0;
    }

    private void Skeleton(JsonElement category, string at, int points)
    {
        if (!category.TryGetProperty("skeleton", out var skeleton)) return;
        if (skeleton.ValueKind != JsonValueKind.Array || !skeleton.EnumerateArray().All(pair => pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            && pair.EnumerateArray().All(p => p.ValueKind == JsonValueKind.Number && p.TryGetInt32(out var number) && number >= 1 && number <= points))) findings.Error(at + ".skeleton", "coco.skeleton", ("max", points));
    }
}
