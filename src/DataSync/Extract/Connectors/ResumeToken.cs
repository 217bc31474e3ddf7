using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors;

/// <summary>Where a read of a table goes on: behind the row with this key.</summary>
/// <param name="Table">The table, as the connector names it.</param>
/// <param name="Key">The key's columns in order, each with its type and its exact value as text.</param>
internal sealed record ResumeToken(string Table, IReadOnlyList<KeyValue> Key)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>
    /// Reads a token for the key a table has now (types are not compared where a column has none of its own). A token of another table or key cannot be gone on with: rows would be missed or come twice.
    /// </summary>
    public static ResumeToken? Read(ReadOnlySpan<byte> json, string table, IReadOnlyList<string> columns, IReadOnlyList<string>? types)
    {
        if (json.IsEmpty) return null;
        ResumeToken? token;
        try
        {
            token = JsonSerializer.Deserialize<ResumeToken>(json, Json);
        }
        catch (JsonException e)
        {
            throw Lost(e);
        }

        if (token is null || token.Key is null || !string.Equals(token.Table, table, StringComparison.Ordinal)
            || !token.Key.Select(k => k.Column).SequenceEqual(columns, StringComparer.Ordinal)
            || types is not null && !token.Key.Select(k => k.Type).SequenceEqual(types, StringComparer.Ordinal)) throw Lost(null);
        return token;
    }

    /// <summary>What to throw where reading cannot go on from a token.</summary>
    public static SyncFailureException Lost(Exception? inner) => new(SyncFailure.Permanent("errors.extraction.resume_lost"), inner);
}

/// <summary>One column of a key.</summary>
internal sealed record KeyValue(string Column, string Type, string Value);
