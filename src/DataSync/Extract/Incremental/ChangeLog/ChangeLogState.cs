using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>How far a change log has been followed: every change up to a position, but for those in ranges where nothing was to be seen yet. Its JSON form is stored as the source's state.</summary>
internal sealed record ChangeLogState
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Which change log it is: one that was made anew is another one.</summary>
    public required string Log { get; init; }

    /// <summary>All changes up to here were delivered, or were in the table when it was read whole.</summary>
    public required long Position { get; init; }

    /// <summary>But for those that may yet appear here.</summary>
    public IReadOnlyList<PositionRange> Open { get; init; } = [];

    /// <summary>The first change that is to come, unless it was rolled back.</summary>
    [JsonIgnore]
    public long FirstToCome => Open.Select(r => r.From).Append(Position + 1).Min();

    /// <summary>How many rows the table has by what was delivered: those that were read, and one more or less for each insert and delete since.</summary>
    public long Rows { get; init; }

    /// <summary>For people.</summary>
    [JsonIgnore]
    public string Shown => Position.ToString(CultureInfo.InvariantCulture);

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    /// <summary>Null where it is no such state.</summary>
    public static ChangeLogState? Read(JsonElement stored)
    {
        try
        {
            return stored.Deserialize<ChangeLogState>(Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
