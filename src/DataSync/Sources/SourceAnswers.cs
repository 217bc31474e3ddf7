using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;

namespace DataSync.Sources;

/// <summary>A source as it is shown.</summary>
internal sealed record SourceAnswer(
    string SourceId, string SourceName, string SourceType, JsonElement ConnectionParams, JsonElement ExtractionParams, JsonElement Sync,
    bool IsActive, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string CreatedBy, AccessState? Access)
{
    public static SourceAnswer Of(DataSourceConfig source, ConnectorCatalog connectors)
    {
        var stored = JsonElement.Parse(source.ConnectionParams);
        var secrets = connectors.Find(SourceTypes.DriverOf(source.SourceType, stored))?.SecretFields;
        return new SourceAnswer(
            source.SourceId, source.SourceName, source.SourceType, SourceCredentials.Masked(stored, secrets), JsonElement.Parse(source.ExtractionParams),
            JsonElement.Parse(source.Sync), source.IsActive, source.Version, source.CreatedAt, source.UpdatedAt, source.CreatedBy, AccessState.Read(source.Access));
    }
}

/// <summary>What can be read from a source.</summary>
internal sealed record SourceSchemaAnswer(string SourceId, IReadOnlyList<SourceTable> Tables);

/// <summary>The diagnostics of a source's connection.</summary>
internal sealed record SourceTestAnswer(string SourceId, bool Passed, IReadOnlyList<CheckAnswer> Checks);

/// <summary>One check. <c>outcome</c> is <c>passed</c>, <c>failed</c> or, where an earlier one had to pass first, <c>skipped</c>. <c>details</c> is what it saw.</summary>
internal sealed record CheckAnswer(
    string Name, string Outcome, double Milliseconds, string? ErrorCode, string? MessageKey, string? Message, string? HintKey, string? Hint,
    IReadOnlyDictionary<string, object?> Details)
{
    public static CheckAnswer Of(ConnectionCheck check, ErrorCatalogue catalogue, Messages messages, string language) => new(
        check.Name, check.Outcome, check.Milliseconds,
        check.MessageKey is { } key ? catalogue.Find(key)?.Code : null, check.MessageKey,
        Text(check.MessageKey, messages, language, check.Params), check.HintKey, Text(check.HintKey, messages, language, check.Params),
        check.Params ?? Nothing);

    private static readonly Dictionary<string, object?> Nothing = new(StringComparer.Ordinal);

    private static string? Text(string? key, Messages messages, string language, IReadOnlyDictionary<string, object?>? values)
        => key is null ? null : messages.Format(key, language, values);
}
