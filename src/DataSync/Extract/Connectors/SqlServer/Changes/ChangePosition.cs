using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.SqlServer.Changes;

/// <summary>A place in the database's changes: the version of the last transaction that was read.</summary>
/// <param name="Version">The database's number of it.</param>
internal sealed record ChangePosition(long Version)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>For people.</summary>
    [JsonIgnore]
    public string Text => Version.ToString(CultureInfo.InvariantCulture);

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    /// <summary>Reads a stored one.</summary>
    /// <exception cref="SyncFailureException">Somebody else's.</exception>
    public static ChangePosition Read(JsonElement json)
    {
        try
        {
            return json.Deserialize<ChangePosition>(Json) ?? throw Foreign(null);
        }
        catch (JsonException e)
        {
            throw Foreign(e);
        }
    }

    private static SyncFailureException Foreign(Exception? inner) => new(SyncFailure.Permanent("errors.extraction.state_foreign"), inner);
}
