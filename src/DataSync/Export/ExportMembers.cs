using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>What is wrong with single members of <c>export_config</c>. Null stands for the default.</summary>
internal static class ExportMembers
{
    private static readonly string[] PlannedCompressions = ["gzip", "zstd"];

    public static IEnumerable<Fault> Validate(JsonProperty member, string path)
    {
        var value = member.Value;
        switch (member.Name)
        {
            case "include_metadata" or "include_original" or "include_enhanced" or "inline":
                if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null)) yield return new Fault(path, "faults.bool", Params: null);
                break;
            case "compression":
                if (Compression(value, path) is { } wrong) yield return wrong;
                break;
            case "pagination" when value.ValueKind == JsonValueKind.Object:
                foreach (var inner in value.EnumerateObject())
                {
                    if (inner.Name != "page_size") yield return new Fault($"{path}/{Escaped(inner.Name)}", "faults.unknown", Params: null);
                    else if (!IsPageSize(inner.Value)) yield return new Fault($"{path}/page_size", "faults.integer", ("min", 1), ("max", ExportSection.LargestPage));
                }

                break;
            case "pagination":
                if (value.ValueKind != JsonValueKind.Null) yield return new Fault(path, "faults.object", Params: null);
                break;
            default:
                yield return new Fault(path, "faults.unknown", Params: null);
                break;
        }
    }

    private static Fault? Compression(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind != JsonValueKind.String) return new Fault(path, "faults.string", Params: null);
        var name = value.GetString()!;
        if (name == "none") return null;
        var key = PlannedCompressions.Contains(name, StringComparer.Ordinal) ? "faults.export.compression_unavailable" : "faults.export.compression_unknown";
        return new Fault(path, key, ("compression", name));
    }

    private static bool IsPageSize(JsonElement value)
        => value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size is >= 1 and <= ExportSection.LargestPage);

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
