using System.Text.Json;
using DataSync.Export.Datasets;
using DataSync.Export.Splits;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>What is wrong with <c>export_config</c>. Null stands for the default.</summary>
/// <param name="compressions">The values of <c>compression</c>.</param>
/// <param name="exporters">The formats, of which some take options.</param>
internal sealed class ExportMembers(string[] compressions, IEnumerable<IExporter> exporters)
{
    private readonly Dictionary<string, IExporter> _withOptions = exporters.Where(e => e.TakesOptions).ToDictionary(e => e.Format, StringComparer.Ordinal);

    private const int LargestPage = 100_000;

    public IEnumerable<Fault> Validate(JsonElement config, string path)
    {
        foreach (var fault in Members(config, path, Member)) yield return fault;
        if (IsFalse(config, "include_original") && IsFalse(config, "include_enhanced")) yield return new Fault(path, "faults.export.nothing_included");
    }

    private IEnumerable<Fault> Member(JsonProperty member, string path) => member.Name switch
    {
        "include_metadata" or "include_original" or "include_enhanced" or "inline" => One(IsFlag(member.Value) ? null : new Fault(path, "faults.bool")),
        "compression" => One(Compression(member.Value, path)),
        DatasetPlan.Member => DatasetValidation.Validate(member.Value, path),
        SplitPlan.Member => SplitValidation.Validate(member.Value, path),
        "pagination" => Members(member.Value, path, PageMember),
        _ when _withOptions.TryGetValue(member.Name, out var exporter) => exporter.Validate(member.Value, path),
        _ => One(new Fault(path, "faults.unknown")),
    };

    private static IEnumerable<Fault> PageMember(JsonProperty member, string path) => One(
        member.Name != "page_size" ? new Fault(path, "faults.unknown")
        : IsPageSize(member.Value) ? null
        : new Fault(path, "faults.integer", ("min", 1), ("max", LargestPage)));

    /// <summary>Asks about each member of an object; null stands for the default.</summary>
    public static IEnumerable<Fault> Members(JsonElement value, string path, Func<JsonProperty, string, IEnumerable<Fault>> validate) => value.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => validate(m, path + JsonPointer.Segment(m.Name))),
        _ => [new Fault(path, "faults.object")],
    };

    private Fault? Compression(JsonElement value, string path)
        => value.ValueKind == JsonValueKind.Null ? null : Choice.Fault(value, compressions, path);

    private static IEnumerable<Fault> One(Fault? fault) => fault is null ? [] : [fault];

    private static bool IsFlag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;

    private static bool IsPageSize(JsonElement value)
        => value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size is >= 1 and <= LargestPage);

    private static bool IsFalse(JsonElement config, string name)
        => config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;
}
