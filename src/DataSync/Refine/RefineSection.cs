using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine;

/// <summary>The member of a Start that says what is made of records: <c>refinement_config</c>, each part named by the refiner or enricher that reads it.</summary>
internal sealed class RefineSection(IEnumerable<IRefiner> refiners, IEnumerable<IEnricher> enrichers) : IPlanSection
{
    private readonly IRefiner[] _refiners = [.. refiners.OrderBy(r => r.Order)];
    private readonly IEnricher[] _enrichers = [.. enrichers.OrderBy(e => e.Order)];

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "refinement_config" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        if (!plan.TryGetProperty("refinement_config", out var config) || config.ValueKind == JsonValueKind.Null) yield break;
        path += "/refinement_config";
        if (config.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.object");
            yield break;
        }

        foreach (var member in config.EnumerateObject().Where(m => !IsRead(m.Name))) yield return new Fault(path + JsonPointer.Segment(member.Name), "faults.unknown");
        foreach (var fault in _refiners.SelectMany(r => r.Validate(config, path))) yield return fault;
        var mode = plan.TryGetProperty("mode", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : SyncModes.Async;
        foreach (var fault in _enrichers.SelectMany(e => e.Validate(config, mode, path))) yield return fault;
    }

    public async ValueTask<IReadOnlyList<Fault>> AdmitAsync(string tenantId, JsonElement plan, string path, CancellationToken ct)
    {
        if (plan.Given("refinement_config") is not { ValueKind: JsonValueKind.Object } config) return [];
        List<Fault> faults = [];
        foreach (var enricher in _enrichers.AskedFor(config)) faults.AddRange(await enricher.AdmitAsync(tenantId, config, path + "/refinement_config", ct));
        return faults;
    }

    private bool IsRead(string member) => Array.Exists(_refiners, r => r.Members.Contains(member)) || Array.Exists(_enrichers, e => e.Members.Contains(member));
}
