using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>What a task says: of a record, and of it what people and models wrote. Who wrote it and when is not among it.</summary>
/// <param name="Data">What is shown; null where the server does not say.</param>
/// <param name="Results">What was annotated, begun and foretold.</param>
internal sealed record TaskContent(JsonElement? Data, IReadOnlyList<JsonElement> Results)
{
    private static readonly string[] Written = ["annotations", "drafts", "predictions"];

    public static TaskContent Of(JsonElement task)
    {
        List<JsonElement> results = [];
        foreach (var name in Written)
        {
            if (!task.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) continue;
            foreach (var one in list.EnumerateArray())
            {
                if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("result", out var result)) results.Add(result);
            }
        }

        return new TaskContent(task.TryGetProperty("data", out var data) ? data : null, results);
    }
}
