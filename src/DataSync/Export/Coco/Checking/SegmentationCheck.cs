using System.Text.Json;
using DataSync.Export.Coco.Masks;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Checking;

/// <summary>An object's outline: polygons, or a mask.</summary>
internal static class SegmentationCheck
{
    /// <summary>The mask's size, to be compared with the image's; null for polygons.</summary>
    public static ImageSize? Look(JsonElement annotation, string at, bool? isCrowd, CocoFindings findings)
    {
        if (!annotation.TryGetProperty("segmentation", out var value))
        {
            findings.Warn(at, "coco.wanted");
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object) return Mask(value, at, findings);
        if (value.ValueKind != JsonValueKind.Array) findings.Error(at, "coco.segmentation");
        else if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number) findings.Error(at, "coco.segmentation_flat");
        else if (isCrowd == true) findings.Error(at, "coco.crowd_needs_mask");
        else Polygons(value, at, findings);
        return null;
    }

    private static void Polygons(JsonElement polygons, string at, CocoFindings findings)
    {
        var i = 0;
        foreach (var polygon in polygons.EnumerateArray())
        {
            var place = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{at}[{i++}]");
            if (polygon.Numbers() is not { } points || points.Length < 6 || points.Length % 2 != 0) findings.Error(place, "coco.polygon");
            else if (Polygon.Area(points) == 0) findings.Warn(place, "coco.polygon_empty");
        }
    }

    private static ImageSize? Mask(JsonElement mask, string at, CocoFindings findings)
    {
        if (!mask.TryGetProperty("size", out var size) || size.Numbers() is not [>= 1 and <= int.MaxValue and var height, >= 1 and <= int.MaxValue and var width])
        {
            findings.Error(at + ".size", "coco.mask_shape");
            return null;
        }

        var rle = CocoRle.Read(mask.At("counts"), (int)height, (int)width);
        if (rle is null) findings.Error(at + ".counts", "coco.mask_counts");
        else if (rle.Area == 0) findings.Warn(at + ".counts", "coco.polygon_empty");
        return new ImageSize((int)width, (int)height);
    }
}
