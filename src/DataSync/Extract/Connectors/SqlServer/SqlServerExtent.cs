using System.Data;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>
/// The rows of one incremental sync by a <c>rowversion</c>: each change of a row gives it the database's next number, and the server knows the least one of a change that is not committed.
/// So a row that commits late is in exactly one sync.
/// </summary>
internal sealed record SqlServerExtent
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The column.</summary>
    public required string Field { get; init; }

    /// <summary>The first number that belongs to it; null for all.</summary>
    public ulong? From { get; init; }

    /// <summary>The first number that belongs to the next sync.</summary>
    public required ulong To { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    public static SqlServerExtent Read(JsonElement json)
        => json.Deserialize<SqlServerExtent>(Json) ?? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));

    /// <summary>Looks further down: by so many numbers, or without a measure everywhere.</summary>
    public SqlServerExtent Widen(decimal? by) => by is { } more && From is { } from ? this with { From = from > more ? from - (ulong)more : 0 } : this with { From = null };

    /// <summary>The so many numbers below it; null where there are none.</summary>
    public SqlServerExtent? Earlier(decimal by) => From is { } from ? this with { From = from > by ? from - (ulong)by : 0, To = from } : null;

    /// <summary>Condition and order, with the values of its parameters.</summary>
    public (string Sql, IReadOnlyList<SqlParameter> Values) Condition()
    {
        var column = $"w.{SqlServerName.Quote(Field)}";
        List<SqlParameter> values = [Parameter("@datasync_to", To)];
        var condition = $"{column} < @datasync_to";
        if (From is { } from)
        {
            values.Add(Parameter("@datasync_from", from));
            condition = $"{column} >= @datasync_from AND {condition}";
        }

        return ($" WHERE {condition} ORDER BY {column}", values);
    }

    private static SqlParameter Parameter(string name, ulong number)
    {
        var bytes = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return new SqlParameter(name, SqlDbType.Binary, bytes.Length) { Value = bytes };
    }
}
