using System.Text.Json;
using DataSync.Export.Compression;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>The members of a Start that say which files come out: <c>output_format</c> and <c>export_config</c>. Null stands for the default.</summary>
internal sealed class ExportSection(IEnumerable<IExporter> exporters, IEnumerable<IFileCompression> compressions) : IPlanSection
{
    private static readonly string[] Formats = ["json", "csv", "coco", "jsonl", "parquet"];
    private readonly string[] _available = [.. exporters.Select(e => e.Format).Order(StringComparer.Ordinal)];
    private readonly ExportMembers _members = new(["none", .. compressions.Select(c => c.Name).Order(StringComparer.Ordinal)]);

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "output_format", "export_config" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        IEnumerable<Fault> formats = plan.TryGetProperty("output_format", out var format) ? ValidateFormats(format, path + "/output_format") : [];
        IEnumerable<Fault> config = plan.TryGetProperty("export_config", out var export) ? _members.Validate(export, path + "/export_config") : [];
        return formats.Concat(config);
    }

    private IEnumerable<Fault> ValidateFormats(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) yield break;
        if (value.ValueKind != JsonValueKind.Array)
        {
            if (Choice.Fault(value, Formats, _available, path) is { } wrong) yield return wrong;
            yield break;
        }

        if (value.GetArrayLength() == 0) yield return new Fault(path, "faults.items", ("min", 1), ("max", _available.Length));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var at = $"{path}/{index++}";
            if (Choice.Fault(item, Formats, _available, at) is { } fault) yield return fault;
            if (item.ValueKind == JsonValueKind.String && !seen.Add(item.GetString()!)) yield return new Fault(at, "faults.duplicate");
        }
    }
}

/// <summary>One of a few names, of which some are known and not yet to be had.</summary>
internal static class Choice
{
    public static Fault? Fault(JsonElement value, string[] known, string[] available, string path)
    {
        var name = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (available.Contains(name, StringComparer.Ordinal)) return null;
        return known.Contains(name, StringComparer.Ordinal)
            ? new Fault(path, "faults.not_available", ("value", name), ("allowed", string.Join(", ", available)))
            : new Fault(path, "faults.one_of", ("allowed", available));
    }
}
