using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>The members of a Start that say which files come out: <c>output_format</c> and <c>export_config</c>.</summary>
internal sealed class ExportSection(IEnumerable<IExporter> exporters) : IPlanSection
{
    public const int LargestPage = 100_000;
    private static readonly string[] PlannedFormats = ["coco", "parquet"];
    private readonly string[] _formats = [.. exporters.Select(e => e.Format).Order(StringComparer.Ordinal)];

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "output_format", "export_config" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        var formats = plan.TryGetProperty("output_format", out var format) ? Formats(format, path + "/output_format") : [];
        var config = plan.TryGetProperty("export_config", out var export) ? Config(export, Mode(plan), path + "/export_config") : [];
        return formats.Concat(config);
    }

    private IEnumerable<Fault> Formats(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                break;
            case JsonValueKind.Array when value.GetArrayLength() == 0:
                yield return new Fault(path, "faults.export.format_missing", ("formats", Available));
                break;
            case JsonValueKind.Array:
                var seen = new HashSet<string>(StringComparer.Ordinal);
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    var at = $"{path}/{index++}";
                    if (Format(item, at) is { } fault) yield return fault;
                    if (item.ValueKind == JsonValueKind.String && !seen.Add(item.GetString()!)) yield return new Fault(at, "faults.duplicate", Params: null);
                }

                break;
            default:
                if (Format(value, path) is { } wrong) yield return wrong;
                break;
        }
    }

    private Fault? Format(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String) return new Fault(path, "faults.string", Params: null);
        var name = value.GetString()!;
        if (_formats.Contains(name, StringComparer.Ordinal)) return null;
        var key = PlannedFormats.Contains(name, StringComparer.Ordinal) ? "faults.export.format_unavailable" : "faults.export.format_unknown";
        return new Fault(path, key, ("format", name), ("formats", Available));
    }

    private static IEnumerable<Fault> Config(JsonElement config, string mode, string path)
    {
        if (config.ValueKind == JsonValueKind.Null) yield break;
        if (config.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.object", Params: null);
            yield break;
        }

        foreach (var member in config.EnumerateObject())
        {
            var at = $"{path}/{Escaped(member.Name)}";
            foreach (var fault in ExportMembers.Validate(member, at)) yield return fault;
            if (member.Name == "inline" && member.Value.ValueKind == JsonValueKind.True && mode != "realtime")
                yield return new Fault(at, "faults.export.inline_needs_realtime", ("mode", mode));
        }

        if (IsFalse(config, "include_original") && IsFalse(config, "include_enhanced")) yield return new Fault(path, "faults.export.nothing_included", Params: null);
    }

    private string Available => string.Join(", ", _formats);

    private static string Mode(JsonElement plan) => plan.TryGetProperty("mode", out var mode) && mode.ValueKind == JsonValueKind.String ? mode.GetString()! : "async";

    private static bool IsFalse(JsonElement config, string name) => config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
