using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>Names everything wrong with <c>extraction_params.pagination</c>.</summary>
internal static class PaginationValidation
{
    public const long MostPages = 10_000_000;

    private static readonly Dictionary<string, string[]> Members = new(StringComparer.Ordinal)
    {
        ["none"] = [],
        ["page"] = ["param", "start", "size_param", "size", "allow_equal_pages"],
        ["offset"] = ["param", "start", "size_param", "size", "allow_equal_pages"],
        ["cursor"] = ["param", "path", "header", "has_more_path", "size_param", "size"],
        ["next_url"] = ["path"],
        ["link"] = ["rel"],
    };

    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Object) return [new Fault(path, "faults.source.object")];
        if (!given.TryGetProperty("type", out var type) || ApiText.Text(type) is not { } name || !Members.TryGetValue(name, out var members))
            return [new Fault(path + "/type", "faults.one_of", ("allowed", Pagination.Types))];
        return [.. given.EnumerateObject().SelectMany(m => Member(m, members, path)), .. Whole(name, given, path)];
    }

    /// <summary>What would have to be read from a document around the records, which lines of records have not.</summary>
    /// <param name="given"><c>pagination</c>.</param>
    /// <param name="format">The body's format.</param>
    /// <param name="path">Where the pagination stands.</param>
    public static IEnumerable<Fault> Outside(JsonElement given, string format, string path)
        => given.ValueKind != JsonValueKind.Object ? [] : given.EnumerateObject()
            .Where(m => m.Name is "path" or "has_more_path" && m.Value.ValueKind != JsonValueKind.Null)
            .Select(m => new Fault(path + JsonPointer.Segment(m.Name), "faults.api.no_envelope", ("name", m.Name), ("format", format)));

    private static IEnumerable<Fault> Whole(string type, JsonElement given, string path)
    {
        bool Has(string name) => given.TryGetProperty(name, out _);
        if (type == "cursor" && Has("path") == Has("header")) yield return new Fault(path, "faults.api.cursor_place");
        if (type == "next_url" && !Has("path")) yield return new Fault(path + "/path", "faults.source.required", ("name", "path"));
        if (Has("size") != Has("size_param")) yield return new Fault(path, "faults.api.size");
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string[] members, string path)
    {
        var at = path + JsonPointer.Segment(member.Name);
        if (member.Name == "type") return [];
        if (member.Name == "max_pages") return Whole(member.Value, 1, MostPages) ? [] : [new Fault(at, "faults.integer", ("min", 1), ("max", MostPages))];
        if (!members.Contains(member.Name)) return [new Fault(at, "faults.source.unknown", ("name", member.Name))];
        return member.Name switch
        {
            "start" => Whole(member.Value, 0, long.MaxValue / 2) ? [] : [new Fault(at, "faults.integer", ("min", 0), ("max", long.MaxValue / 2))],
            "size" => Whole(member.Value, 1, 1_000_000) ? [] : [new Fault(at, "faults.integer", ("min", 1), ("max", 1_000_000))],
            "allow_equal_pages" => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? [] : [new Fault(at, "faults.bool")],
            "path" or "has_more_path" => JmesPath.Validate(member.Value, at),
            "header" => ApiText.Text(member.Value) is { } name && ApiText.IsHeaderName(name) ? [] : [new Fault(at, "faults.api.header_name")],
            _ => ApiText.IsHeaderText(member.Value, 200) ? [] : [new Fault(at, "faults.source.text", ("name", member.Name), ("longest", 200))],
        };
    }

    private static bool Whole(JsonElement value, long least, long most)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most;
}
