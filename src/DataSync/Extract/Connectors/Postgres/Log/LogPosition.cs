using System.Globalization;
using System.Text.Json;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>Where in which server's log a source's syncs have come to. Stored as part of the source's state.</summary>
internal sealed record LogPosition
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The slot.</summary>
    public required string Slot { get; init; }

    /// <summary>The server's identity: a restored copy of it has the same, another server another. Empty where the server does not tell.</summary>
    public required string System { get; init; }

    /// <summary>The branch of the server's history: goes up with each recovery to a point in time and each promotion.</summary>
    public required string Timeline { get; init; }

    /// <summary>The database's number.</summary>
    public required long Database { get; init; }

    /// <summary>The table's number: one that was dropped and made anew has another.</summary>
    public required long Table { get; init; }

    /// <summary>The number of the table's place in the publication: taken out and put in again it has another, and what happened between is not in the log.</summary>
    public required long Publication { get; init; }

    /// <summary>Table and publication as they were there; null in what was stored before that was noted.</summary>
    public LogMarks? Marks { get; init; }

    /// <summary>Every transaction whose commit lies below it is delivered, and none above it. 16 hexadecimal digits.</summary>
    public required string Lsn { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    /// <summary>Null for what is no position of ours.</summary>
    public static LogPosition? Read(JsonElement? json)
    {
        try
        {
            return json is { ValueKind: JsonValueKind.Object } given ? given.Deserialize<LogPosition>(Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A place in the log as text whose order is the log's.</summary>
    public static string Text(ulong lsn) => lsn.ToString("X16", CultureInfo.InvariantCulture);

    public static ulong Parse(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

/// <summary>Where the reading of a stretch of the log begins and how far it goes.</summary>
/// <param name="From">As <see cref="LogPosition.Lsn"/>.</param>
/// <param name="To">The end of the log as it was when the sync was planned.</param>
/// <param name="Position">The position the sync began at, but for the place.</param>
internal sealed record LogExtent(string From, string To, LogPosition Position);

/// <summary>How far the reading of a stretch has come.</summary>
/// <param name="Lsn">As <see cref="LogPosition.Lsn"/>.</param>
/// <param name="Transaction">The transaction begun after it; null for none.</param>
/// <param name="Done">Records of that transaction delivered already. It comes again from its beginning.</param>
internal sealed record LogToken(string Lsn, string? Transaction = null, long Done = 0);
