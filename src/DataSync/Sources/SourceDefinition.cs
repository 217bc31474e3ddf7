using System.Text.Json;

namespace DataSync.Sources;

/// <summary>A source as a caller sends it: sound, but with secrets in the clear or still to be kept.</summary>
internal sealed class SourceDefinition
{
    public required string SourceId { get; init; }
    public required string SourceName { get; init; }
    public required string SourceType { get; init; }
    public required JsonElement ConnectionParams { get; init; }
    public required JsonElement ExtractionParams { get; init; }
    public required JsonElement Sync { get; init; }
    public required bool IsActive { get; init; }

    /// <summary>Names of the driver's secret members.</summary>
    public required IReadOnlySet<string> SecretFields { get; init; }

    /// <summary>Names of the driver's members that say where its secrets are sent.</summary>
    public required IReadOnlySet<string> AddressFields { get; init; }

    public string Driver => SourceTypes.DriverOf(SourceType, ConnectionParams);

    /// <summary>Never the parameters: they hold secrets.</summary>
    public override string ToString() => SourceId;
}
