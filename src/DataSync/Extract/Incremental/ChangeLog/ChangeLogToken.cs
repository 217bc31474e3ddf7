using System.Text.Json;
using DataSync.Extract.Connectors;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>Where the reading of changes goes on.</summary>
/// <param name="After">Behind this position.</param>
/// <param name="Rows">So many more rows than before has the table by then.</param>
/// <param name="Count">So many changes were found by then.</param>
internal sealed record ChangeLogToken(long After, long Rows, long Count = 0)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>The beginning where there is no token.</summary>
    public static ChangeLogToken Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return new ChangeLogToken(0, 0);
        try
        {
            return JsonSerializer.Deserialize<ChangeLogToken>(json, Json) ?? throw ResumeToken.Lost(null);
        }
        catch (JsonException e)
        {
            throw ResumeToken.Lost(e);
        }
    }
}
