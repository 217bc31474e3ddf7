using System.Text.Json;

namespace DataSync.Export.Coco.Regions;

/// <summary>Which of several people's annotations of an image count.</summary>
internal static class Annotators
{
    /// <summary>All that were not skipped; or, of those, the ground truth, else the one changed last.</summary>
    public static IReadOnlyList<JsonElement> Choose(List<JsonElement> annotated, ImageObjects objects)
    {
        var valid = annotated.Where(a => a.At("was_cancelled").ValueKind != JsonValueKind.True).ToList();
        foreach (var skipped in annotated.Except(valid)) Leave(skipped, NotExported.Skipped, objects);
        if (objects.Options.TakesAllAnnotators || valid.Count <= 1) return valid;
        var truths = valid.Where(a => a.At("ground_truth").ValueKind == JsonValueKind.True).ToList();
        var chosen = (truths.Count > 0 ? truths : valid).Select((a, i) => (Annotation: a, Place: i)).MaxBy(a => (Changed(a.Annotation), a.Place)).Annotation;
        foreach (var other in valid.Where(a => !a.Equals(chosen))) Leave(other, NotExported.OtherAnnotator, objects);
        return [chosen];
    }

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
