using System.Text.Json;
using DataSync.Export.Coco.Regions;

namespace DataSync.Export.Coco.Checking;

/// <summary>Keypoints: x, y and 0 (not labelled), 1 (hidden) or 2 (visible) of each, and how many are labelled.</summary>
internal static class KeypointCheck
{
    /// <summary>How many there are, to be compared with the category; null for an object without.</summary>
    public static int? Look(JsonElement annotation, string at, CocoFindings findings)
    {
        if (!annotation.TryGetProperty("keypoints", out var value)) return null;
        if (value.Numbers() is not { } points || points.Length % 3 != 0 || points.Where((_, i) => i % 3 == 2).Any(v => v is not (0 or 1 or 2)))
        {
            findings.Error(at + ".keypoints", "coco.keypoints");
            return null;
        }

        var labelled = KeypointShapes.Labelled(points);
        if (!annotation.TryGetProperty("num_keypoints", out var count) || count.Number() != labelled) findings.Error(at + ".num_keypoints", "coco.num_keypoints", ("expected", labelled));
        return points.Length / 3;
    }
}
