using System.Text.Json;

namespace DataSync.Extract.Connectors;

/// <summary>A query parameter's value as a database takes it.</summary>
internal static class QueryParameter
{
    /// <summary>The exact text of a scalar: a number keeps its digits; null is null.</summary>
    public static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
