using System.Text.Json;

namespace DataSync.Sources;

/// <summary>A source's body as read: each member of the right type or absent, nothing looked into yet.</summary>
/// <param name="SourceId">Null where the body may leave it out and does.</param>
/// <param name="SourceName">Null for the id.</param>
/// <param name="SourceType">One of <see cref="SourceTypes"/>.</param>
/// <param name="ConnectionParams">Null after a fault.</param>
/// <param name="ExtractionParams">Null for none.</param>
/// <param name="Sync">Null for none.</param>
/// <param name="IsActive">Null for yes.</param>
internal sealed record SourceFields(
    string? SourceId, string? SourceName, string SourceType, JsonElement? ConnectionParams, JsonElement? ExtractionParams, JsonElement? Sync, bool? IsActive)
{
    /// <summary>Never the parameters: they hold secrets.</summary>
    public override string ToString() => SourceId ?? "";
}

/// <summary>Kinds of sources.</summary>
internal static class SourceTypes
{
    public const string Database = "database";

    public const string Api = "api";

    public const string Webhook = "webhook";

    public static readonly IReadOnlyList<string> All = [Database, Api, Webhook];

    /// <summary>The connector of a source: a database's parameters name it, an API and a webhook have but one.</summary>
    public static string DriverOf(string sourceType, JsonElement connectionParams)
        => sourceType is Api or Webhook ? sourceType
            : connectionParams.TryGetProperty("driver", out var driver) && driver.ValueKind == JsonValueKind.String ? driver.GetString()!
            : "";

    /// <summary>How a source's records come in: the name of the record source.</summary>
    public static string RecordSourceOf(string sourceType) => sourceType switch { Api => "pull", Webhook => "push", _ => "read" };
}
