using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.SqlServer.Changes;

/// <summary>A place in the database's changes: the version of the last transaction that was read.</summary>
/// <param name="Version">The database's number of it.</param>
/// <param name="Table">The table's number: one that was dropped and made anew has another. Null in what was stored before that was noted.</param>
/// <param name="Record">The number of the server's own table of the changes: tracking that was switched off and on again has another, though no version may have come in between. Null where the server does not show it, or in what was stored before.</param>
internal sealed record ChangePosition(long Version, int? Table = null, int? Record = null)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>True where the changes behind it are recorded by another table than now: what came in between is in neither.</summary>
    public bool IsOfAnother(ChangePosition now) => (Table is { } table && table != now.Table) || (Record is { } record && now.Record is { } other && record != other);

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
