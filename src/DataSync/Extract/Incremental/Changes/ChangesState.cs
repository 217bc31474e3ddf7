using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Changes;

/// <summary>How far incremental syncs by a source's own record of changes have come. Its JSON form is stored as the source's state. It holds positions, nothing of a record.</summary>
internal sealed record ChangesState
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Always <c>changes</c>.</summary>
    public string Kind { get; init; } = "changes";

    /// <summary>Names what is read: the state of one table is of no use to another.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How changes were found.</summary>
    public required string Method { get; init; }

    /// <summary>What the connector plans the next sync from.</summary>
    public JsonElement? Next { get; init; }

    /// <summary>The same for people.</summary>
    public string? Position { get; init; }

    /// <summary>Why what was delivered up to here lacks something: the next sync reads everything. Null where it lacks nothing.</summary>
    public TrackingReason? Lost { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null where it is another kind of state.</summary>
    public static ChangesState? Read(JsonElement stored)
    {
        try
        {
            return stored.ValueKind == JsonValueKind.Object && stored.TryGetProperty("kind", out var kind) && kind.ValueEquals("changes") ? stored.Deserialize<ChangesState>(Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Names what a request reads.</summary>
    public static string FingerprintOf(ReadRequest request) => CursorState.FingerprintOf(request, "");
}
