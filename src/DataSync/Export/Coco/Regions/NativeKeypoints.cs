using System.Text.Json;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>Keypoints of an annotation in COCO's own terms.</summary>
/// <param name="Within">As many triples as the category has keypoints; one that lies outside the image is not labelled.</param>
/// <param name="IsClipped">There is such a one.</param>
internal sealed record NativeKeypoints(double[] Within, bool IsClipped)
{
    /// <summary>Reads them; null where there are none. False where they are broken or not the category's.</summary>
    public static bool TryRead(JsonElement item, string label, ImageObjects objects, out NativeKeypoints? read)
    {
        read = null;
        if (item.At("keypoints") is not { ValueKind: JsonValueKind.Array } given || given.GetArrayLength() == 0) return true;
        var names = objects.Options.Categories.FirstOrDefault(c => string.Equals(c.Name, label, StringComparison.Ordinal))?.Keypoints.Count;
        if (given.Numbers() is not { } points || points.Length % 3 != 0 || points.Length / 3 != names || points.Where((_, i) => i % 3 == 2).Any(v => v is not (0 or 1 or 2)) || KeypointShapes.Labelled(points) == 0) return false;
        read = Cut(points, objects.Size);
        return true;
    }

    private static NativeKeypoints Cut(double[] points, ImageSize image)
    {
        var isClipped = false;
        for (var i = 0; i + 2 < points.Length && image.IsKnown; i += 3)
        {
            if (points[i + 2] == 0 || KeypointShapes.IsWithin(points[i], points[i + 1], image)) continue;
            (points[i], points[i + 1], points[i + 2], isClipped) = (0, 0, 0, true);
        }

        return new NativeKeypoints(points, isClipped);
    }
}
