using System.Text.Json;
using DataSync.Export.Coco.Masks;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>An annotation that the record carries in COCO's own terms, with its category's name in <c>category</c>, <c>category_name</c> or <c>label</c>. Pixels throughout.</summary>
internal static class NativeAnnotation
{
    public static void Read(JsonElement item, ImageObjects objects)
    {
        objects.Meet();
        var label = item.At("category").Text() ?? item.At("category_name").Text() ?? item.At("label").Text();
        if (label is not { Length: > 0 }) objects.Refuse(NotExported.NoLabel);
        else if (item.At("segmentation") is { ValueKind: JsonValueKind.Object } rle) AddMask(item, label, rle, objects);
        else AddOutline(item, label, objects);
    }

    private static void AddOutline(JsonElement item, string label, ImageObjects objects)
    {
        var polygons = item.At("segmentation").Items().Select(p => p.Numbers()).ToArray();
        var box = item.At("bbox").Numbers();
        var points = Keypoints(item, label, objects.Options, out var brokenPoints);
        if (brokenPoints || polygons.Any(p => p is null || p.Length < 6 || p.Length % 2 != 0) || box is not (null or [_, _, >= 0, >= 0])) objects.Refuse(NotExported.Broken);
        else if (polygons.Length > 0) objects.Add([label], polygons!, isBox: false, s => More(s, item, points));
        else if (box is [var x, var y, var width, var height]) objects.Add([label], [new Box(x, y, width, height).Corners()], isBox: true, s => More(s, item, points));
        else if (points is not null) objects.Shapes.Add(More(KeypointShapes.Around(label, points), item, points));
        else objects.Refuse(NotExported.Broken);
    }

    private static void AddMask(JsonElement item, string label, JsonElement rle, ImageObjects objects)
    {
        if (rle.At("size").Numbers() is not [var height, var width] || CocoRle.Read(rle.At("counts"), (int)height, (int)width) is not { } mask
            || (objects.Size.IsKnown && (mask.Width != objects.Size.Width || mask.Height != objects.Size.Height))) objects.Refuse(NotExported.Broken);
        else if (mask.Area == 0) objects.Refuse(NotExported.Empty);
        else objects.Shapes.Add(More(new Shape { Labels = [label], Box = mask.Box(), Area = mask.Area, Mask = mask }, item, null));
    }

    /// <summary>As many triples as the category has keypoints; null for none.</summary>
    private static double[]? Keypoints(JsonElement item, string label, CocoOptions options, out bool isBroken)
    {
        isBroken = false;
        if (item.At("keypoints") is not { ValueKind: JsonValueKind.Array } given || given.GetArrayLength() == 0) return null;
        var points = given.Numbers();
        var names = options.Categories.FirstOrDefault(c => string.Equals(c.Name, label, StringComparison.Ordinal))?.Keypoints.Count;
        isBroken = points is null || points.Length % 3 != 0 || points.Length / 3 != names || points.Where((_, i) => i % 3 == 2).Any(v => v is not (0 or 1 or 2)) || points.Where((_, i) => i % 3 == 2).All(v => v == 0);
        return points;
    }

    private static Shape More(Shape shape, JsonElement item, double[]? points) => shape with
    {
        Keypoints = points,
        IsCrowd = item.At("iscrowd").Number() == 1 || item.At("iscrowd").ValueKind == JsonValueKind.True,
        Score = item.At("score").Number(),
        Attributes = item.At("attributes") is { ValueKind: JsonValueKind.Object } attributes ? attributes : default,
    };
}
