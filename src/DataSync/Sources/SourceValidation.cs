using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Sources;

/// <summary>
/// Everything wrong with a source's configuration at once. The parameters of the connection are judged by the driver's connector,
/// <c>extraction_params</c> and <c>sync</c> by the rooms that run with them (<see cref="IPlanSection"/>).
/// </summary>
internal sealed class SourceValidation(ConnectorCatalog connectors, IEnumerable<IPlanSection> sections)
{
    private const string ConnectionPath = "/connection_params";
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");
    private readonly IPlanSection[] _sections = [.. sections];

    /// <summary>The definition if nothing is wrong, else null and the faults.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="sourceId">The id in the URL; null for a new source, whose body must hold it.</param>
    /// <param name="faults">Where the faults go.</param>
    public SourceDefinition? Check(SourceFields fields, string? sourceId, ICollection<Fault> faults)
    {
        var before = faults.Count;
        if (sourceId is not null && fields.SourceId is not null && fields.SourceId != sourceId) faults.Add(new Fault("/source_id", "faults.source_id_differs"));
        if (fields.SourceType.Length > 0 && !IsAvailable(fields.SourceType))
        {
            faults.Add(new Fault("/source_type", "faults.source_type_unavailable", ("type", fields.SourceType)));
            return null;
        }

        var connector = fields.ConnectionParams is { } connection ? CheckConnection(fields.SourceType, connection, isNew: sourceId is null, faults) : null;
        CheckPlan(fields, faults);
        if (faults.Count > before || connector is null || (sourceId ?? fields.SourceId) is not { Length: > 0 } id) return null;
        return new SourceDefinition
        {
            SourceId = id,
            SourceName = fields.SourceName ?? id,
            SourceType = fields.SourceType,
            ConnectionParams = fields.ConnectionParams!.Value,
            ExtractionParams = fields.ExtractionParams ?? Nothing,
            Sync = fields.Sync ?? Nothing,
            IsActive = fields.IsActive ?? true,
            SecretFields = connector.SecretFields,
            AddressFields = connector.AddressFields,
        };
    }

    private bool IsAvailable(string sourceType)
        => sourceType == SourceTypes.Database || (sourceType is SourceTypes.Api or SourceTypes.Webhook && connectors.Find(sourceType) is not null);

    /// <summary>What the rooms say about the plan that the source brings along; what a Start must still add is no fault here.</summary>
    private void CheckPlan(SourceFields fields, ICollection<Fault> faults)
    {
        if (fields.ExtractionParams is { } extraction && extraction.EnumerateObject().Any()) CheckExtraction(fields.SourceType, extraction, faults);
        if (fields.Sync is not { } sync) return;
        foreach (var member in sync.EnumerateObject().Where(m => !_sections.Any(s => s.Members.Contains(m.Name)))) faults.Add(new Fault($"/sync{JsonPointer.Segment(member.Name)}", "faults.unknown"));
        foreach (var fault in _sections.SelectMany(s => s.Validate(sync, "/sync", fields.SourceType))) faults.Add(fault);
    }

    /// <summary>What the rooms say about <c>extraction_params</c> alone.</summary>
    public void CheckExtraction(string sourceType, JsonElement extraction, ICollection<Fault> faults)
    {
        var plan = JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["extraction_params"] = extraction });
        foreach (var fault in _sections.SelectMany(s => s.Validate(plan, "", sourceType))) faults.Add(fault);
    }

    /// <summary><c>***</c> was sent where nothing is stored that it could keep.</summary>
    public static Fault NothingToKeep(string member) => new($"{ConnectionPath}/{member}", "faults.secret_not_stored");

    /// <summary><c>***</c> was sent with another address than the stored secret was saved with.</summary>
    public static Fault KeptElsewhere(string member, IEnumerable<string> changed)
        => new($"{ConnectionPath}/{member}", "faults.secret_elsewhere", ("changed", string.Join(", ", changed)));

    private ISourceConnector? CheckConnection(string sourceType, JsonElement connection, bool isNew, ICollection<Fault> faults)
    {
        if (sourceType == SourceTypes.Database && !HasDriver(connection, faults)) return null;
        if (connectors.Find(SourceTypes.DriverOf(sourceType, connection)) is not { } connector) return null;
        foreach (var fault in connector.Validate(connection)) faults.Add(fault);
        foreach (var member in connection.EnumerateObject())
        {
            if (isNew && connector.SecretFields.Contains(member.Name) && SourceCredentials.IsMask(member.Value)) faults.Add(NothingToKeep(member.Name));
            if (SourceCredentials.LooksSealed(member.Value)) faults.Add(new Fault($"{ConnectionPath}/{member.Name}", "faults.sealed_reserved"));
        }

        return connector;
    }

    /// <summary>True where a database's driver is named and known.</summary>
    private bool HasDriver(JsonElement connection, ICollection<Fault> faults)
    {
        if (!connection.TryGetProperty("driver", out var driver) || driver.ValueKind == JsonValueKind.Null)
        {
            faults.Add(new Fault(ConnectionPath + "/driver", "faults.required"));
            return false;
        }

        if (connectors.Drivers.Contains(SourceTypes.DriverOf(SourceTypes.Database, connection))) return true;
        faults.Add(new Fault(ConnectionPath + "/driver", "faults.one_of", ("allowed", connectors.Drivers)));
        return false;
    }
}
