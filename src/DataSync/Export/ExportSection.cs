using System.Text.Json;
using DataSync.Export.Compression;
using DataSync.Export.Datasets;
using DataSync.Export.Splits;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>The members of a Start that say which files come out: <c>output_format</c> and <c>export_config</c>. Null stands for the default.</summary>
internal sealed class ExportSection(IEnumerable<IExporter> exporters, IEnumerable<IFileCompression> compressions) : IPlanSection
{
    private readonly string[] _formats = [.. exporters.Select(e => e.Format).Order(StringComparer.Ordinal)];
    private readonly ExportMembers _members = new(["none", .. compressions.Select(c => c.Name).Order(StringComparer.Ordinal)], exporters);

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "output_format", "export_config" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        IEnumerable<Fault> formats = plan.TryGetProperty("output_format", out var format) ? ValidateFormats(format, path + "/output_format") : [];
        IEnumerable<Fault> config = plan.TryGetProperty("export_config", out var export) ? _members.Validate(export, path + "/export_config") : [];
        return formats.Concat(config).Concat(ValidateInline(plan, path));
    }

    /// <summary>Records in the answer: realtime has an answer to put them in, and an answer is JSON.</summary>
    private static IEnumerable<Fault> ValidateInline(JsonElement plan, string path)
    {
        if (!plan.TryGetProperty("export_config", out var export) || export.ValueKind != JsonValueKind.Object
            || !export.TryGetProperty("inline", out var inline) || inline.ValueKind != JsonValueKind.True) yield break;
        if (!plan.TryGetProperty("mode", out var mode) || mode.ValueKind != JsonValueKind.String || !mode.ValueEquals(SyncModes.Realtime))
            yield return new Fault(path + "/export_config/inline", "faults.export.inline_needs_realtime");
        if (plan.TryGetProperty("output_format", out var format) && !IsJson(format)) yield return new Fault(path + "/output_format", "faults.export.inline_is_json");
        if (export.TryGetProperty("compression", out var compression) && compression.ValueKind == JsonValueKind.String && !compression.ValueEquals("none"))
            yield return new Fault(path + "/export_config/compression", "faults.export.inline_is_json");
        foreach (var member in export.EnumerateObject().Where(m => m.Name is SplitPlan.Member or DatasetPlan.Member && m.Value.ValueKind == JsonValueKind.Object))
            yield return new Fault($"{path}/export_config/{member.Name}", "faults.export.inline_is_json");
    }

    private static bool IsJson(JsonElement format) => format.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => format.GetArrayLength() == 1 && IsJson(format[0]),
        JsonValueKind.String => format.ValueEquals("json"),
        _ => false,
    };

    private IEnumerable<Fault> ValidateFormats(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) yield break;
        if (value.ValueKind != JsonValueKind.Array)
        {
            if (Choice.Fault(value, _formats, path) is { } wrong) yield return wrong;
            yield break;
        }

        if (value.GetArrayLength() == 0) yield return new Fault(path, "faults.items", ("min", 1), ("max", _formats.Length));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var at = $"{path}/{index++}";
            if (Choice.Fault(item, _formats, at) is { } fault) yield return fault;
            if (item.ValueKind == JsonValueKind.String && !seen.Add(item.GetString()!)) yield return new Fault(at, "faults.duplicate");
        }
    }
}

/// <summary>One of a few names.</summary>
internal static class Choice
{
    public static Fault? Fault(JsonElement value, string[] allowed, string path)
        => value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString(), StringComparer.Ordinal) ? null : new Fault(path, "faults.one_of", ("allowed", allowed));
}
