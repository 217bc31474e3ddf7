using System.Text.Json;
using DataSync.Extract.Connectors;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>Where the reading of changes goes on: behind this position.</summary>
internal sealed record ChangeLogToken(long After)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>The position; 0 where there is no token.</summary>
    public static long Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return 0;
        try
        {
            return JsonSerializer.Deserialize<ChangeLogToken>(json, Json)?.After ?? throw ResumeToken.Lost(null);
        }
        catch (JsonException e)
        {
            throw ResumeToken.Lost(e);
        }
    }
}
