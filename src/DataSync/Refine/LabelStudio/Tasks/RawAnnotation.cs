using System.Text.Json;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>One person's annotation of a task, with what is read of it beside the whole.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Annotator">Who: the person's number, or where there is none, an address or name; null where the server does not say.</param>
/// <param name="LeadTime">Seconds it took.</param>
/// <param name="IsSkipped">The person passed the task over.</param>
/// <param name="IsGroundTruth">Marked as what is right.</param>
/// <param name="ChangedAt">When it was changed last.</param>
/// <param name="Results">What was annotated.</param>
/// <param name="Whole">All of it, as it came.</param>
internal sealed record RawAnnotation(
    long Id, string? Annotator, double? LeadTime, bool IsSkipped, bool IsGroundTruth, DateTimeOffset ChangedAt, IReadOnlyList<JsonElement> Results, JsonElement Whole)
{
    public static RawAnnotation? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("id", out var id) || !id.TryInteger(out var number)) return null;
        return new RawAnnotation(
            number, AnnotatorOf(json), json.TryGetProperty("lead_time", out var lead) && lead.ValueKind == JsonValueKind.Number ? lead.GetDouble() : null,
            IsTrue(json, "was_cancelled"), IsTrue(json, "ground_truth"), Time(json, "updated_at") ?? Time(json, "created_at") ?? DateTimeOffset.MinValue,
            json.TryGetProperty("result", out var results) && results.ValueKind == JsonValueKind.Array ? [.. results.EnumerateArray()] : [], json);
    }

    /// <summary>A number, or an object with one: endpoints differ.</summary>
    private static string? AnnotatorOf(JsonElement json)
    {
        if (!json.TryGetProperty("completed_by", out var by)) return null;
        if (by.TryInteger(out _)) return by.GetRawText();
        if (by.ValueKind != JsonValueKind.Object) return by.ValueKind == JsonValueKind.String ? by.GetString() : null;
        if (by.TryGetProperty("id", out var id) && id.TryInteger(out _)) return id.GetRawText();
        return by.TryGetProperty("email", out var email) && email.ValueKind == JsonValueKind.String ? email.GetString() : null;
    }

    private static bool IsTrue(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static DateTimeOffset? Time(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time : null;
}
