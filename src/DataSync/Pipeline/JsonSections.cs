using System.Text.Json;

namespace DataSync.Pipeline;

/// <summary>Sections of a plan or a source as they were given.</summary>
internal static class JsonSections
{
    /// <summary>A member that is given: one that is absent is as one that is null, and what is no object has none.</summary>
    public static JsonElement? Given(this JsonElement section, string name)
        => section.ValueKind == JsonValueKind.Object && section.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
