using System.Text.Json;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>A page of a list of tasks.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Total">How many there are on all pages; null where the server does not say.</param>
internal sealed record TaskPage(IReadOnlyList<TaskReading> Tasks, long? Total)
{
    public static TaskPage Empty { get; } = new([], 0);

    /// <summary>Reads <c>{tasks, total}</c>, or the bare list that other versions answer.</summary>
    public static TaskPage Read(LabelStudioAnswer answer, bool hasContent = false)
    {
        var json = answer.Json();
        JsonElement list;
        long? total = null;
        if (json.ValueKind == JsonValueKind.Array) list = json;
        else if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("tasks", out list) || list.ValueKind != JsonValueKind.Array) throw LabelStudioErrors.Body(answer.Url);
        else if (json.TryGetProperty("total", out var count) && count.TryInteger(out var all)) total = all;
        return new TaskPage([.. list.EnumerateArray().Select(t => TaskReading.Read(t, hasContent) ?? throw LabelStudioErrors.Body(answer.Url))], total);
    }
}
