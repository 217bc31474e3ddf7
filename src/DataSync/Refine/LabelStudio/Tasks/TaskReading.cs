using System.Text.Json;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>A task as the server tells it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Project">Whose it is; null where the server does not say.</param>
/// <param name="Key">Ours; null where it has none.</param>
/// <param name="IsLabeled">Whether enough people have annotated it, as the server counts; null where it does not say.</param>
/// <param name="Overlap">How many people are to annotate it.</param>
/// <param name="Drafts">Annotations begun and not submitted.</param>
/// <param name="Skips">How often it was skipped, where the annotations themselves do not tell.</param>
/// <param name="Total">Annotations without skips, as the server counts.</param>
/// <param name="Annotations">All that were submitted or skipped, in the order of their ids.</param>
internal sealed record TaskReading(long Id, long? Project, string? Key, bool? IsLabeled, long Overlap, int Drafts, long Skips, long Total, IReadOnlyList<RawAnnotation> Annotations)
{
    /// <summary>What it shows and what was written on it; null where that was not asked for.</summary>
    public TaskContent? Content { get; init; }

    /// <summary>Those that count: submitted, not skipped.</summary>
    public IEnumerable<RawAnnotation> Valid => Annotations.Where(a => !a.IsSkipped);

    /// <summary>Reads a task, with what it shows where that is asked for; null where it is none.</summary>
    public static TaskReading? Read(JsonElement json, bool hasContent = false)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("id", out var id) || !id.TryInteger(out var number)) return null;
        List<RawAnnotation> annotations = [];
        if (json.TryGetProperty("annotations", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray())
            {
                if (RawAnnotation.Read(item) is { } annotation) annotations.Add(annotation);
            }
        }

        annotations.Sort((a, b) => a.Id.CompareTo(b.Id));
        return new TaskReading(
            number, Optional(json, "project"), json.TryGetProperty("meta", out var meta) ? TaskKey.Read(meta) : null, Flag(json, "is_labeled"), Optional(json, "overlap") ?? 1, DraftsOf(json),
            Optional(json, "cancelled_annotations") ?? 0, Optional(json, "total_annotations") ?? 0, annotations)
        {
            Content = hasContent ? TaskContent.Of(json) : null,
        };
    }

    private static int DraftsOf(JsonElement json)
        => json.TryGetProperty("drafts", out var drafts) && drafts.ValueKind == JsonValueKind.Array ? drafts.GetArrayLength() : Flag(json, "draft_exists") == true ? 1 : 0;

    private static long? Optional(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.TryInteger(out var number) ? number : null;

    private static bool? Flag(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;
}
