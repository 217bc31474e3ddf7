using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>The members of a Start that say what is exported: <c>output_format</c> and <c>export_config</c>.</summary>
internal sealed class ExportSection(ExportValidation validation) : IPlanSection
{
    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "output_format", "export_config" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
    {
        List<Fault> faults = [];
        var formats = Formats(plan, path, faults);
        var export = Config(plan, path, faults);
        var mode = plan.TryGetProperty("mode", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "async";
        return [.. faults, .. validation.Validate(new SyncPlan { Mode = mode, OutputFormats = formats, Export = export }).Select(f => f with { Path = path + f.Path })];
    }

    private static IReadOnlyList<string> Formats(JsonElement plan, string path, List<Fault> faults)
    {
        if (!plan.TryGetProperty("output_format", out var given) || given.ValueKind == JsonValueKind.Null) return ["json"];
        if (given.ValueKind == JsonValueKind.String) return [given.GetString()!];
        if (given.ValueKind == JsonValueKind.Array && given.EnumerateArray().All(f => f.ValueKind == JsonValueKind.String)) return [.. given.EnumerateArray().Select(f => f.GetString()!)];
        faults.Add(new Fault(path + "/output_format", "faults.string"));
        return ["json"];
    }

    private static ExportPlan Config(JsonElement plan, string path, List<Fault> faults)
    {
        var export = new ExportPlan();
        if (!plan.TryGetProperty("export_config", out var given) || given.ValueKind == JsonValueKind.Null) return export;
        path += "/export_config";
        if (given.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new Fault(path, "faults.object"));
            return export;
        }

        foreach (var member in given.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null))
        {
            var at = path + JsonPointer.Segment(member.Name);
            switch (member.Name)
            {
                case "include_metadata": export = export with { IncludeMetadata = Truth(member.Value, at, faults) ?? export.IncludeMetadata }; break;
                case "include_original": export = export with { IncludeOriginal = Truth(member.Value, at, faults) ?? export.IncludeOriginal }; break;
                case "include_enhanced": export = export with { IncludeEnhanced = Truth(member.Value, at, faults) ?? export.IncludeEnhanced }; break;
                case "inline": export = export with { Inline = Truth(member.Value, at, faults) ?? export.Inline }; break;
                case "compression" when member.Value.ValueKind == JsonValueKind.String: export = export with { Compression = member.Value.GetString()! }; break;
                case "compression": faults.Add(new Fault(at, "faults.string")); break;
                case "pagination": export = export with { PageSize = PageSize(member.Value, at, faults) ?? export.PageSize }; break;
                default: faults.Add(new Fault(at, "faults.unknown")); break;
            }
        }

        return export;
    }

    private static int? PageSize(JsonElement pagination, string path, List<Fault> faults)
    {
        if (pagination.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new Fault(path, "faults.object"));
            return null;
        }

        int? size = null;
        foreach (var member in pagination.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null))
        {
            if (member.Name != "page_size") faults.Add(new Fault(path + JsonPointer.Segment(member.Name), "faults.unknown"));
            else if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var value)) size = value;
            else faults.Add(new Fault(path + "/page_size", "faults.integer", ("min", 1), ("max", ExportValidation.LargestPage)));
        }

        return size;
    }

    private static bool? Truth(JsonElement value, string path, List<Fault> faults)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        faults.Add(new Fault(path, "faults.bool"));
        return null;
    }
}
