using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Extract.Incremental;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api;

/// <summary>Names everything wrong with <c>extraction_params</c> of an API.</summary>
internal static class ApiExtractionValidation
{
    private const int LongestValue = 8000;
    private static readonly string[] Formats = ["auto", "json", "jsonl", "csv"];

    /// <summary>All faults at once; none where the parameters can be read.</summary>
    /// <param name="given"><c>extraction_params</c>.</param>
    /// <param name="path">Where they stand.</param>
    /// <param name="whole">True where nothing more is laid over them, so that what is required must be there.</param>
    public static IEnumerable<Fault> Validate(JsonElement given, string path, bool whole)
    {
        if (given.ValueKind != JsonValueKind.Object) return [new Fault(path, "faults.source.object")];
        var members = given.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).ToList();
        var faults = members.SelectMany(m => Member(m, path + JsonPointer.Segment(m.Name))).ToList();
        if (whole && !members.Exists(m => m.Name == "path")) faults.Add(new Fault(path + "/path", "faults.source.required", ("name", "path")));
        faults.AddRange(CursorParameters.Whole(members.ConvertAll(m => m.Name), path));
        faults.AddRange(Together(given, path));
        return faults;
    }

    /// <summary>What is well by itself, and means nothing beside the rest: it would be passed over, and a sync look complete that is not.</summary>
    private static IEnumerable<Fault> Together(JsonElement given, string path)
    {
        if (given.Given("cursor_order") is not null && given.Given("cursor_field") is null) yield return new Fault(path + "/cursor_order", "faults.read.without_cursor", ("name", "cursor_order"));
        if (given.Given("cursor_order") is { } order && ApiText.Text(order) == "text")
        {
            if (given.Given("lag") is { ValueKind: JsonValueKind.Number } lag && lag.GetDouble() > 0) yield return new Fault(path + "/lag", "faults.api.text_distance");
            if (given.Given("gap_check") is { ValueKind: JsonValueKind.Object } check && check.TryGetProperty("window", out var window) && window.ValueKind == JsonValueKind.Number && window.GetDouble() > 0)
                yield return new Fault(path + "/gap_check/window", "faults.api.text_distance");
        }

        if (given.Given("format") is not { } format || ApiText.Text(format) is not { } lines || lines is not ("jsonl" or "csv")) yield break;
        if (given.Given("records_path") is not null) yield return new Fault(path + "/records_path", "faults.api.no_envelope", ("name", "records_path"), ("format", lines));
        if (given.Given("pagination") is { } pages)
        {
            foreach (var fault in PaginationValidation.Outside(pages, lines, path + "/pagination")) yield return fault;
        }

        if (given.Given("responses") is not { } rules) yield break;
        foreach (var fault in ResponseRulesValidation.Outside(rules, lines, path + "/responses")) yield return fault;
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string at) => member.Name switch
    {
        "path" => IsPath(member.Value) ? [] : [new Fault(at, "faults.api.request_path")],
        "query" => Query(member.Value, at),
        "records_path" => JmesPath.Validate(member.Value, at),
        "pagination" => PaginationValidation.Validate(member.Value, at),
        "responses" => ResponseRulesValidation.Validate(member.Value, at),
        "rate_limit" => RateLimit(member.Value, at),
        "format" => ApiText.Text(member.Value) is { } format && Formats.Contains(format) ? [] : [new Fault(at, "faults.one_of", ("allowed", Formats))],
        "csv_delimiter" => ApiText.Text(member.Value) is [var c] && c is ',' or ';' or '|' or '\t' ? [] : [new Fault(at, "faults.one_of", ("allowed", (string[])[",", ";", "|", "\\t"]))],
        "empty_if_missing" => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? [] : [new Fault(at, "faults.bool")],
        "row_limit" => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var rows) && rows >= 1 ? [] : [new Fault(at, "faults.read.row_limit")],
        "cursor_field" or "cursor_param" => ApiText.IsHeaderText(member.Value, 300) ? [] : [new Fault(at, "faults.read.name")],
        "cursor_order" => ApiText.Text(member.Value) is { } order && CursorScale.Orders.Contains(order) ? [] : [new Fault(at, "faults.one_of", ("allowed", CursorScale.Orders))],
        "primary_key" => IsKey(member.Value) ? [] : [new Fault(at, "faults.read.primary_key")],
        "cursor_start" => IsScalar(member.Value) ? [] : [new Fault(at, "faults.read.parameter_value")],
        "lag" or "cursor_nulls" or "gap_check" or "backfill" => CursorParameters.Validate(member.Name, member.Value, at),
        _ => [new Fault(at, "faults.read.unknown", ("name", member.Name))],
    };

    private static bool IsKey(JsonElement value)
        => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(k => ApiText.IsHeaderText(k, 300))
            && value.EnumerateArray().DistinctBy(k => k.GetString(), StringComparer.Ordinal).Count() == value.GetArrayLength();

    private static bool IsPath(JsonElement value)
        => ApiText.IsHeaderText(value, 2000, empty: true) && value.GetString() is { } path && !path.AsSpan().ContainsAny('?', '#', '\\')
            && !path.Split('/').Contains("..");

    private static IEnumerable<Fault> Query(JsonElement given, string at)
    {
        if (given.ValueKind != JsonValueKind.Object) return [new Fault(at, "faults.source.object")];
        return given.EnumerateObject()
            .Where(p => p.Name.Length is 0 or > 300 || !(IsScalar(p.Value) || (p.Value.ValueKind == JsonValueKind.Array && p.Value.EnumerateArray().All(IsScalar))))
            .Select(p => new Fault(at + JsonPointer.Segment(p.Name), "faults.api.query_value"));
    }

    private static bool IsScalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => ApiText.Text(value) is { Length: <= LongestValue },
        JsonValueKind.Number => value.GetRawText().Length <= LongestValue,
        JsonValueKind.True or JsonValueKind.False => true,
        _ => false,
    };

    private static List<Fault> RateLimit(JsonElement given, string at)
    {
        if (given.ValueKind != JsonValueKind.Object) return [new Fault(at, "faults.source.object")];
        List<Fault> faults = [];
        if (!given.TryGetProperty("requests", out _)) faults.Add(new Fault(at + "/requests", "faults.source.required", ("name", "requests")));
        foreach (var member in given.EnumerateObject())
        {
            var (known, most) = member.Name switch { "requests" => (true, 100_000), "per_seconds" => (true, 86_400), "burst" => (true, 1000), _ => (false, 0) };
            if (!known) faults.Add(new Fault(at + JsonPointer.Segment(member.Name), "faults.source.unknown", ("name", member.Name)));
            else if (!(member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var number) && number >= 1 && number <= most))
                faults.Add(new Fault($"{at}/{member.Name}", "faults.integer", ("min", 1), ("max", most)));
        }

        return faults;
    }
}
