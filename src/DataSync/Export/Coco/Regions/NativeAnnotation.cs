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

    /// <summary>A mask in COCO's terms; null for anything else.</summary>
    public static CocoRle? MaskOf(JsonElement segmentation)
        => segmentation.ValueKind == JsonValueKind.Object && segmentation.At("size").Items().Select(s => s.Pixels()).ToArray() is [var height, var width]
            ? CocoRle.Read(segmentation.At("counts"), height, width) : null;

    private static void AddOutline(JsonElement item, string label, ImageObjects objects)
    {
        var polygons = item.At("segmentation").Items().Select(p => p.Numbers()).ToArray();
        var box = item.At("bbox").Numbers();
        if (polygons.Any(p => p is null || p.Length < 6 || p.Length % 2 != 0) || box is not (null or [_, _, >= 0, >= 0]) || !NativeKeypoints.TryRead(item, label, objects, out var points)) objects.Refuse(NotExported.Broken);
        else if (polygons.Length > 0) objects.Add([label], polygons!, isBox: false, s => More(s, item, label, points));
        else if (box is [var x, var y, var width, var height]) objects.Add([label], [new Box(x, y, width, height).Corners()], isBox: true, s => More(s, item, label, points));
        else if (points is null) objects.Refuse(NotExported.Broken);
        else if (KeypointShapes.Labelled(points.Within) == 0) objects.Refuse(NotExported.Empty);
        else objects.Take(More(KeypointShapes.Around(label, points.Within, objects.Size), item, label, points));
    }

    private static void AddMask(JsonElement item, string label, JsonElement rle, ImageObjects objects)
    {
        if (MaskOf(rle) is not { } mask || (objects.Size.IsKnown && (mask.Width != objects.Size.Width || mask.Height != objects.Size.Height)) || !NativeKeypoints.TryRead(item, label, objects, out var points)) objects.Refuse(NotExported.Broken);
        else if (mask.Area == 0) objects.Refuse(NotExported.Empty);
        else objects.Take(More(new Shape { Labels = [label], Box = mask.Box(), Area = mask.Area, Mask = mask }, item, label, points));
    }

    private static Shape More(Shape shape, JsonElement item, string label, NativeKeypoints? points)
    {
        var more = shape with
        {
            IsCrowd = item.At("iscrowd").Number() == 1 || item.At("iscrowd").ValueKind == JsonValueKind.True,
            Score = item.At("score").Number(),
            Attributes = item.At("attributes") is { ValueKind: JsonValueKind.Object } attributes ? attributes : default,
        };
        return points is null || KeypointShapes.Labelled(points.Within) == 0
            ? more with { IsClipped = more.IsClipped || points is not null }
            : more with { Keypoints = KeypointShapes.Of(label, points.Within), IsClipped = more.IsClipped || points.IsClipped };
    }
}
