using System.Text.Json;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Changes;

/// <summary>Where the reading of changes goes on: what was planned stays, however often the reading begins.</summary>
internal sealed record ChangesToken
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The job that wrote the state the reading begins at.</summary>
    public Guid? Base { get; init; }

    /// <summary>When it was planned (UTC).</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Tells it from the token of a window.</summary>
    public required string Method { get; init; }

    public required ChangePlan Plan { get; init; }

    /// <summary>The connector's own token.</summary>
    public JsonElement? Connector { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Null where there is none, or another kind of token.</summary>
    public static ChangesToken? Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        try
        {
            return JsonSerializer.Deserialize<ChangesToken>(json, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
