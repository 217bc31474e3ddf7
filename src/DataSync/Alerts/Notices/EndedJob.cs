using System.Text.Json;

namespace DataSync.Alerts.Notices;

/// <summary>A job that a channel is told of, in the few members that are told.</summary>
/// <param name="JobId">Which.</param>
/// <param name="SourceId">Of which source.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Records">Records kept.</param>
/// <param name="Rejected">Records refused.</param>
/// <param name="DurationMs">From its begin to its end.</param>
/// <param name="CompletedAt">When it ended.</param>
/// <param name="CorrelationId">The trace of the request that asked for it.</param>
/// <param name="ErrorKey">Key of the failure's message; null where it did not fail.</param>
/// <param name="Params">Values of that message.</param>
internal sealed record EndedJob(
    Guid JobId, string SourceId, string Status, long Records, long Rejected, long DurationMs, DateTimeOffset CompletedAt, string CorrelationId, string? ErrorKey, IReadOnlyDictionary<string, object?>? Params)
{
    /// <summary>Reads a stored failure.</summary>
    public static (string? Key, IReadOnlyDictionary<string, object?>? Params) Failure(string? json)
    {
        if (json is null) return (null, null);
        var failure = JsonElement.Parse(json);
        Dictionary<string, object?> values = new(StringComparer.Ordinal);
        if (failure.TryGetProperty("params", out var given) && given.ValueKind == JsonValueKind.Object)
        {
            foreach (var value in given.EnumerateObject()) values[value.Name] = Plain(value.Value);
        }

        return (failure.GetProperty("message_key").GetString(), values);
    }

    /// <summary>A number stays one: how it is written, and which word goes with it, is the language's.</summary>
    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDecimal(out var number) => number,
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
