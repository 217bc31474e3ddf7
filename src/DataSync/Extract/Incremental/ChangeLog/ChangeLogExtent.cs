using System.Text.Json;
using DataSync.Extract.Connectors;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What one sync reads of a change log: all of it is decided, so it stays what it is however often and in however many pieces it is read.</summary>
internal sealed record ChangeLogExtent
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The change log, as a request names it.</summary>
    public required string LogName { get; init; }

    /// <summary>The key's columns.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>The changes, in order. None where the whole table is read.</summary>
    public IReadOnlyList<PositionRange> Ranges { get; init; } = [];

    /// <summary>How many changes stood there when it was planned: all of them must be found when they are read. Null in what was planned before they were counted.</summary>
    public long? Count { get; init; }

    /// <summary>Where the whole table is read: what is decided before its snapshot is taken.</summary>
    public ChangeLogState? Before { get; init; }

    /// <summary>True for the words of a change log; other ways have other words.</summary>
    public static bool Is(JsonElement? given) => given is { ValueKind: JsonValueKind.Object } extent && extent.TryGetProperty("log_name", out _);

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    public static ChangeLogExtent Read(JsonElement? given)
    {
        try
        {
            return given?.Deserialize<ChangeLogExtent>(Json) ?? throw ResumeToken.Lost(null);
        }
        catch (JsonException e)
        {
            throw ResumeToken.Lost(e);
        }
    }
}
