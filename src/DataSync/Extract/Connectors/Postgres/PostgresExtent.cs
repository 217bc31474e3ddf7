using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// The rows of one incremental sync of a table. What decides is the transaction that wrote a row (<c>xmin</c>): from the oldest that the last sync did not see
/// decided, up to the oldest that is not decided now. So a row that commits late is in exactly one sync. The column only narrows
/// down where the server has to look.
/// </summary>
internal sealed record PostgresExtent
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The column, and its type as the server writes it.</summary>
    public required string Field { get; init; }

    public required string Type { get; init; }

    /// <summary>No row of these transactions is below this value; null to look everywhere.</summary>
    public string? From { get; init; }

    /// <summary>What is taken off <see cref="From"/>: seconds of a time, units of a number.</summary>
    public decimal Lag { get; init; }

    /// <summary>Rows whose column is null belong to it.</summary>
    public bool Nulls { get; init; }

    /// <summary>The first transaction whose rows belong to it, as the 64-bit number; null for all.</summary>
    public long? FirstTransaction { get; init; }

    /// <summary>The first transaction whose rows belong to the next sync.</summary>
    public required long NextTransaction { get; init; }

    /// <summary>Whose transactions these are; null in what was stored before it was asked.</summary>
    public PostgresOrigin? Origin { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    public static PostgresExtent Read(JsonElement json)
        => json.Deserialize<PostgresExtent>(Json) ?? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));

    /// <summary>Looks further down the column; without a measure at all rows of all transactions that were decided.</summary>
    public PostgresExtent Widen(decimal? by) => by is { } more ? this with { Lag = Lag + more } : this with { From = null, FirstTransaction = null };

    /// <summary>The rows of the transactions before, from a value or from so far below on; null where there are none, or where the whole table would have to be looked at.</summary>
    public PostgresExtent? Earlier(decimal by, JsonElement? from)
    {
        if (FirstTransaction is not { } first) return null;
        var earlier = this with { NextTransaction = first, FirstTransaction = null, Nulls = false };
        return from is { } value ? earlier with { From = QueryParameter.Text(value), Lag = 0 } : From is null ? null : earlier with { Lag = Lag + by };
    }

    /// <summary>
    /// The condition, its values added to those of the statement. A row's number has 32 bits, so ages are compared. Rows frozen long ago have ages that mean nothing any more:
    /// below zero, or the greatest there is; they are old.
    /// </summary>
    public string Condition(List<string?> values)
    {
        List<string> all = [$"(age(xmin) > age(CAST({Parameter(Short(NextTransaction))} AS xid)) OR age(xmin) < 0)"];
        if (FirstTransaction is { } first) all.Add($"age(xmin) BETWEEN 0 AND age(CAST({Parameter(Short(first))} AS xid))");
        var column = SqlName.Quote(Field);
        if (From is not null)
        {
            var least = $"CAST({Parameter(From)} AS {Type})";
            if (Lag > 0) least += IsTime ? $" - make_interval(secs => CAST({Parameter(Text(Lag))} AS double precision))" : $" - CAST({Parameter(Text(Lag))} AS numeric)";
            all.Add(Nulls ? $"({column} >= {least} OR {column} IS NULL)" : $"{column} >= {least}");
        }
        else if (!Nulls)
        {
            all.Add($"{column} IS NOT NULL");
        }

        return string.Join(" AND ", all);

        string Parameter(string value)
        {
            values.Add(value);
            return $"${values.Count}";
        }
    }

    private bool IsTime => Type.StartsWith("timestamp", StringComparison.Ordinal) || Type == "date";

    private static string Short(long transaction) => ((uint)(transaction & uint.MaxValue)).ToString(CultureInfo.InvariantCulture);

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);
}
