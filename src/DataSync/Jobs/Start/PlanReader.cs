using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;

namespace DataSync.Jobs.Start;

/// <summary>Turns a whole Start into a plan: the rooms name the faults of their sections, and only a plan without any is read.</summary>
internal sealed class PlanReader(IEnumerable<IPlanSection> sections, EngineOptions options)
{
    private readonly IPlanSection[] _sections = [.. sections];

    /// <summary>Everything wrong with the plan, from every room at once.</summary>
    public IReadOnlyList<Fault> Validate(JsonElement plan, string path, string sourceType = "database") => [.. _sections.SelectMany(s => s.Validate(plan, path, sourceType))];

    /// <summary>What is wrong with the plan for this tenant, beside what <see cref="Validate"/> names: things that it has not been given.</summary>
    public async Task<IReadOnlyList<Fault>> AdmitAsync(string tenantId, JsonElement plan, CancellationToken ct)
    {
        List<Fault> faults = [];
        foreach (var section in _sections) faults.AddRange(await section.AdmitAsync(tenantId, plan, "", ct));
        return faults;
    }

    /// <summary>Reads a plan that <see cref="Validate"/> found nothing wrong with.</summary>
    public SyncPlan Read(JsonElement plan) => new()
    {
        Mode = Text(plan, "mode") ?? "async",
        SyncType = Text(plan, "sync_type") ?? "full",
        ExtractionParams = plan.Given("extraction_params") ?? JsonElement.Parse("{}"),
        BatchSize = plan.Given("processing_rules") is { } rules && rules.Given("batch_size") is { } size ? size.GetInt32() : options.DefaultBatchSize,
        Routing = Text(plan, "mode") == SyncModes.Hybrid ? ReadRouting(plan.Given("processing_rules")) : null,
        RefinementConfig = plan.Given("refinement_config") ?? JsonElement.Parse("{}"),
        OutputFormats = Formats(plan),
        Export = plan.Given("export_config") is { } export ? ReadExport(export) : new ExportPlan(),
        TimeoutSeconds = plan.Given("timeout_seconds")?.GetInt32() ?? options.DefaultTimeoutSeconds,
        AnnotationTimeoutSeconds = plan.Given("annotation_timeout_seconds")?.GetInt32() ?? new SyncPlan().AnnotationTimeoutSeconds,
    };

    private static RoutingPlan ReadRouting(JsonElement? rules)
    {
        var plan = new RoutingPlan();
        return rules is not { } given ? plan : plan with
        {
            Rules = given.Given("routing") is { } routing ? [.. routing.EnumerateArray().Select(r => new RoutingRule(r.GetProperty("when"), Text(r, "to")!))] : plan.Rules,
            Default = Text(given, "routing_default") ?? plan.Default,
        };
    }

    private static ExportPlan ReadExport(JsonElement export)
    {
        var plan = new ExportPlan();
        return plan with
        {
            IncludeMetadata = export.Given("include_metadata")?.GetBoolean() ?? plan.IncludeMetadata,
            IncludeOriginal = export.Given("include_original")?.GetBoolean() ?? plan.IncludeOriginal,
            IncludeEnhanced = export.Given("include_enhanced")?.GetBoolean() ?? plan.IncludeEnhanced,
            PageSize = export.Given("pagination") is { } pagination && pagination.Given("page_size") is { } size ? size.GetInt32() : plan.PageSize,
            Compression = Text(export, "compression") ?? plan.Compression,
            Inline = export.Given("inline")?.GetBoolean() ?? plan.Inline,

            // The other members that are objects are formats' own: the export room has validated them.
            Options = export.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Object && m.Name != "pagination").ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal),
        };
    }

    private static IReadOnlyList<string> Formats(JsonElement plan) => plan.Given("output_format") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } several => [.. several.EnumerateArray().Select(f => f.GetString()!)],
        _ => ["json"],
    };

    private static string? Text(JsonElement parent, string name) => parent.Given(name)?.GetString();
}
