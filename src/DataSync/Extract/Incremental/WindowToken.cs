using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental;

/// <summary>Where the reading of a window goes on: the window stays what it was, however often the reading begins.</summary>
internal sealed record WindowToken
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The job that wrote the state the window begins at.</summary>
    public Guid? Base { get; init; }

    /// <summary>When the window was planned (UTC).</summary>
    public DateTimeOffset At { get; init; }

    public required CursorWindow Window { get; init; }

    public WindowPlan? Plan { get; init; }

    /// <summary>Why the cursor; null where nobody chose.</summary>
    public TrackingReport? Tracking { get; init; }

    /// <summary>The connector's own token; null where it has none.</summary>
    public JsonElement? Connector { get; init; }

    /// <summary>What was delivered so far, where records are told apart by their hashes.</summary>
    public CursorState? Delivered { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Null where there is none.</summary>
    public static WindowToken? Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        try
        {
            return JsonSerializer.Deserialize<WindowToken>(json, Json) ?? throw ResumeToken.Lost(null);
        }
        catch (JsonException e)
        {
            throw ResumeToken.Lost(e);
        }
    }
}
