using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>Reads the ids by which results of one annotation belong together: a region and what is said of it share an id, relations name two.</summary>
internal static class AnnotatedRegions
{
    public static string? Id(this JsonElement result) => Text(result, "id");

    /// <summary>The control that made a result; empty for a relation.</summary>
    public static string Control(this JsonElement result) => Text(result, "from_name") ?? "";

    /// <summary>All ids that a result names.</summary>
    public static IEnumerable<string> Ids(this JsonElement result)
        => ((string?[])[Text(result, "id"), Text(result, "parentID"), Text(result, "from_id"), Text(result, "to_id")]).OfType<string>();

    private static string? Text(JsonElement result, string name)
        => result.ValueKind == JsonValueKind.Object && result.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
