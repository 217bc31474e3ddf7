using System.Text.Json;

namespace DataSync.Export.Coco;

/// <summary>A category.</summary>
/// <param name="Name">Its name: a label of Label Studio, or what an annotation calls it.</param>
/// <param name="Supercategory">What it is a kind of; its own name where nothing is said.</param>
/// <param name="Keypoints">Names of its keypoints, in their order; none for a category without.</param>
/// <param name="Skeleton">Pairs of keypoints that belong together, counted from 1, as given; undefined for none.</param>
internal sealed record CocoCategory(string Name, string Supercategory, IReadOnlyList<string> Keypoints, JsonElement Skeleton)
{
    public CocoCategory(string name)
        : this(name, name, [], default)
    {
    }

    /// <summary>Reads a category of the options: a name, or an object.</summary>
    public static CocoCategory Read(JsonElement given)
    {
        if (given.ValueKind == JsonValueKind.String) return new CocoCategory(given.GetString()!);
        var name = given.GetProperty("name").GetString()!;
        return new CocoCategory(
            name,
            given.TryGetProperty("supercategory", out var above) && above.ValueKind == JsonValueKind.String ? above.GetString()! : name,
            given.TryGetProperty("keypoints", out var points) && points.ValueKind == JsonValueKind.Array ? [.. points.EnumerateArray().Select(p => p.GetString()!)] : [],
            given.TryGetProperty("skeleton", out var skeleton) && skeleton.ValueKind == JsonValueKind.Array ? skeleton : default);
    }
}
