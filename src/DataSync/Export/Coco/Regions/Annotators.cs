using System.Text.Json;

namespace DataSync.Export.Coco.Regions;

/// <summary>Which of several people's annotations of an image count.</summary>
internal static class Annotators
{
    /// <summary>All that were not skipped; or, of those, the ground truth, else the one changed last.</summary>
    public static IReadOnlyList<JsonElement> Choose(List<JsonElement> annotated, ImageObjects objects)
    {
        var valid = annotated.Where(a => !IsSkipped(a)).ToList();
        foreach (var skipped in annotated.Where(IsSkipped)) Leave(skipped, NotExported.Skipped, objects);
        if (objects.Options.TakesAllAnnotators || valid.Count <= 1) return valid;
        var chosen = Enumerable.Range(0, valid.Count).MaxBy(i => (valid[i].At("ground_truth").ValueKind == JsonValueKind.True, Changed(valid[i]), i));
        for (var i = 0; i < valid.Count; i++)
        {
            if (i != chosen) Leave(valid[i], NotExported.OtherAnnotator, objects);
        }

        return [valid[chosen]];
    }

    private static bool IsSkipped(JsonElement annotation) => annotation.At("was_cancelled").ValueKind == JsonValueKind.True;

    private static DateTimeOffset Changed(JsonElement annotation)
        => annotation.At("updated_at") is { ValueKind: JsonValueKind.String } at && at.TryGetDateTimeOffset(out var time) ? time : DateTimeOffset.MinValue;

    private static void Leave(JsonElement annotation, string reason, ImageObjects objects)
    {
        foreach (var _ in annotation.At("result").EnumerateArray())
        {
            objects.Meet();
            objects.Refuse(reason);
        }
    }
}
