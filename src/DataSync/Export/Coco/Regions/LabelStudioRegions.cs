using System.Text.Json;
using DataSync.Export.Coco.Masks;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>
/// Results of one of Label Studio's annotations. Positions are percent of the image; angles are true in pixels, so everything is put into pixels before it is turned.
/// <c>image_rotation</c> says how the annotator had turned the view: the editor turns positions, sizes and masks back before it writes them, so it changes nothing here.
/// A region's labels stand in its own value, or in a result of type <c>labels</c> with the region's id.
/// </summary>
internal static class LabelStudioRegions
{
    public static void Read(IReadOnlyList<JsonElement> results, ImageObjects objects)
    {
        objects.Meet(results.Count);
        var labels = LabelsById(results, objects);
        var points = new LabelStudioKeypoints(objects);
        var shownBy = objects.Options.ShownBy;
        foreach (var result in results)
        {
            if (KindOf(result) is not { } kind) continue;
            if (!objects.IsOneImage || !result.IsOfImage(shownBy)) objects.Refuse(NotExported.OtherImage);
            else if (!objects.Size.IsKnown) objects.Refuse(NotExported.NoSize);
            else if (objects.Size.IsTurned(result.DrawnOn())) objects.Refuse(NotExported.Turned);
            else if (kind == "keypoint") points.Add(result, LabelsOf(result, labels));
            else Add(kind, result, LabelsOf(result, labels), objects, points);
        }

        points.Finish();
    }

    /// <summary>
    /// Whether all that was drawn for a record, by whomever, may be on its image: one tag is named, or none anywhere. What names no tag beside one that does may be on any. Where the options name the tag, that decides.
    /// </summary>
    public static bool AreOfOneImage(IEnumerable<JsonElement> results, string? shownBy)
        => shownBy is not null || results.Where(r => KindOf(r) is not null || r.DrawnOn().IsKnown).Select(r => r.At("to_name").Text() ?? "").Distinct(StringComparer.Ordinal).Take(2).Count() <= 1;

    private static void Add(string kind, JsonElement result, IReadOnlyList<string> labels, ImageObjects objects, LabelStudioKeypoints points)
    {
        if (kind == "brush")
        {
            AddMask(result, labels, objects);
            return;
        }

        if (Outline(kind, result.At("value"), objects.Size) is not { } outline)
        {
            objects.Refuse(NotExported.Broken);
            return;
        }

        var before = objects.Shapes.Count;
        var isBox = kind == "rectangle" && (result.At("value.rotation").Number() ?? 0) == 0;
        objects.Add(labels, [outline], isBox, s => s with { Score = result.At("score").Number() });
        if (objects.Shapes.Count > before && result.At("id").Text() is { } id) points.Region(id, before);
    }

    private static double[]? Outline(string kind, JsonElement value, ImageSize size)
    {
        var (across, down) = (size.Width / 100.0, size.Height / 100.0);
        if (kind == "polygon")
        {
            var points = value.At("points").Items().Select(p => p.Numbers()).ToArray();
            return points.Length < 3 || points.Any(p => p is not [_, _]) ? null : [.. points.SelectMany(p => (double[])[p![0] * across, p[1] * down])];
        }

        var turn = value.At("rotation").Number() ?? 0;
        if (value.At("x").Number() is not { } x || value.At("y").Number() is not { } y) return null;
        if (kind == "ellipse")
        {
            return value.At("radiusX").Number() is not { } radiusX || value.At("radiusY").Number() is not { } radiusY ? null
                : Polygon.Ellipse(x * across, y * down, radiusX * across, radiusY * down, turn);
        }

        return value.At("width").Number() is not { } width || value.At("height").Number() is not { } height || width < 0 || height < 0 ? null
            : Polygon.Turned(new Box(x * across, y * down, width * across, height * down), turn);
    }

    private static void AddMask(JsonElement result, IReadOnlyList<string> labels, ImageObjects objects)
    {
        var rle = result.At("value.rle").Numbers();
        var drawn = result.DrawnOn();
        if (!drawn.IsKnown) drawn = objects.Size;
        var mask = rle is not null && rle.All(b => b is >= 0 and <= 255 && b == Math.Floor(b)) ? BrushRle.Decode([.. rle.Select(b => (byte)b)], drawn.Width, drawn.Height, objects.Size.Width, objects.Size.Height) : null;
        if (labels.Count == 0) objects.Refuse(NotExported.NoLabel);
        else if (mask is null) objects.Refuse(NotExported.Broken);
        else if (mask.Area == 0) objects.Refuse(NotExported.Empty);
        else objects.Take(new Shape { Labels = labels, Box = mask.Box(), Area = mask.Area, Mask = mask, Score = result.At("score").Number() });
    }

    private static Dictionary<string, IReadOnlyList<string>> LabelsById(IReadOnlyList<JsonElement> results, ImageObjects objects)
    {
        var regions = results.Where(r => KindOf(r) is not null).Select(r => r.At("id").Text()).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var labels = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var result in results.Where(r => KindOf(r) is null))
        {
            if (result.At("type").Text() == "labels" && result.At("id").Text() is { } id && regions.Contains(id) && labels.TryAdd(id, Named(result.At("value.labels")))) objects.Join();
            else objects.Refuse(IsOtherShape(result) ? NotExported.UnknownShape : NotExported.NoObject);
        }

        return labels;
    }

    private static IReadOnlyList<string> LabelsOf(JsonElement result, Dictionary<string, IReadOnlyList<string>> byId)
        => Named(result.At("value").At(result.At("type").Text()!)) is { Count: > 0 } own ? own
            : result.At("id").Text() is { } id && byId.TryGetValue(id, out var given) ? given : [];

    /// <summary>Each label once; an empty one names nothing.</summary>
    private static IReadOnlyList<string> Named(JsonElement labels) => [.. labels.Texts().Where(l => l.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether it is drawn in an image after all, in a way of newer releases.</summary>
    private static bool IsOtherShape(JsonElement result) => result.At("type").Text() is "bitmask" or "bitmasklabels" or "vector" or "vectorlabels" or "cuboid" or "cuboidlabels";

    /// <summary>The shape that a type stands for, with labels or without; null for what is no object in the image.</summary>
    private static string? KindOf(JsonElement result) => result.At("type").Text() switch
    {
        "rectanglelabels" or "rectangle" => "rectangle",
        "polygonlabels" or "polygon" => "polygon",
        "ellipselabels" or "ellipse" => "ellipse",
        "brushlabels" or "brush" => "brush",
        "keypointlabels" or "keypoint" => "keypoint",
        _ => null,
    };
}
