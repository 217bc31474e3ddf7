using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Datasets;

/// <summary>What is wrong with <c>export_config.dataset</c>. All its members are needed: Croissant requires them.</summary>
internal static class DatasetValidation
{
    private static readonly Dictionary<string, int> Longest = new(StringComparer.Ordinal) { ["name"] = 200, ["description"] = 20_000, ["license"] = 500, ["url"] = 2000, ["creator"] = 200 };

    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        foreach (var fault in ExportMembers.Members(given, path, Member)) yield return fault;
        if (given.ValueKind != JsonValueKind.Object) yield break;
        foreach (var name in Longest.Keys.Where(n => !given.TryGetProperty(n, out _))) yield return new Fault($"{path}/{name}", "faults.required");
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string path)
    {
        if (!Longest.TryGetValue(member.Name, out var longest)) return [new Fault(path, "faults.unknown")];
        if (member.Value.ValueKind != JsonValueKind.String) return [new Fault(path, "faults.string")];
        var text = member.Value.GetString()!;
        if (text.Trim().Length == 0 || text.Length > longest) return [new Fault(path, "faults.length", ("min", 1), ("max", longest))];
        if (member.Name == "url") return IsAddress(text) ? [] : [new Fault(path, "faults.export.dataset_url")];
        return member.Name == "description" || !text.Any(char.IsControl) ? [] : [new Fault(path, "faults.export.dataset_line")];
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && !text.Any(c => char.IsControl(c) || c == ' ');
}
