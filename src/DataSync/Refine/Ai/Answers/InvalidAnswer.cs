using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Refine.Ai.Answers;

/// <summary>
/// The last answer to a record that was paid for and is not valid, for the job that paid: whoever goes on with the job goes on with the next question. Another job asks anew.
/// </summary>
/// <param name="Job">Whose it is.</param>
/// <param name="Asked">Answers before it.</param>
/// <param name="Fault">What is wrong with it, as the model is told.</param>
/// <param name="Reply">What was answered; null where it is not worth repeating.</param>
/// <param name="Room">Length that the next answer may have.</param>
internal sealed record InvalidAnswer(Guid Job, int Asked, string Fault, string? Reply, int Room)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Reads what <see cref="ToJson"/> wrote; null where it is another job's, or none.</summary>
    public static InvalidAnswer? Of(string? json, Guid job)
    {
        try
        {
            return json is not null && JsonSerializer.Deserialize<InvalidAnswer>(json, Json) is { Fault: not null } kept && kept.Job == job ? kept : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
