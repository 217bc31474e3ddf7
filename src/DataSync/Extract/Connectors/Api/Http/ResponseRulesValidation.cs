using System.Text.Json;
using DataSync.Extract.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>Names everything wrong with <c>extraction_params.responses</c>.</summary>
internal static class ResponseRulesValidation
{
    private const int MostRules = 50;

    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > MostRules) return [new Fault(path, "faults.api.rules", ("most", MostRules))];
        return given.EnumerateArray().SelectMany((rule, i) => Rule(rule, $"{path}/{i}"));
    }

    /// <summary>Rules for good answers alone that look into a document, which lines of records have not: they would never fit.</summary>
    /// <param name="given"><c>responses</c>.</param>
    /// <param name="format">The body's format.</param>
    /// <param name="path">Where the rules stand.</param>
    public static IEnumerable<Fault> Outside(JsonElement given, string format, string path)
        => given.ValueKind != JsonValueKind.Array ? [] : given.EnumerateArray().Select((rule, i) => (Rule: rule, i))
            .Where(r => r.Rule.ValueKind == JsonValueKind.Object && r.Rule.TryGetProperty("path", out _) && r.Rule.TryGetProperty("status", out var status) && IsGood(status))
            .Select(r => new Fault($"{path}/{r.i}/path", "faults.api.no_envelope", ("name", "path"), ("format", format)));

    private static bool IsGood(JsonElement status) => status.ValueKind == JsonValueKind.Array ? status.EnumerateArray().All(IsGood) : status.ToString().StartsWith('2');

    private static List<Fault> Rule(JsonElement rule, string path)
    {
        if (rule.ValueKind != JsonValueKind.Object) return [new Fault(path, "faults.source.object")];
        List<Fault> faults = [.. rule.EnumerateObject().SelectMany(m => Member(m, path + JsonPointer.Segment(m.Name)))];
        if (!rule.TryGetProperty("then", out _)) faults.Add(new Fault(path + "/then", "faults.source.required", ("name", "then")));
        if (!rule.TryGetProperty("status", out _) && !rule.TryGetProperty("header", out _) && !rule.TryGetProperty("path", out _)) faults.Add(new Fault(path, "faults.api.rule_without_condition"));
        return faults;
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string at) => member.Name switch
    {
        "status" => IsStatuses(member.Value) ? [] : [new Fault(at, "faults.api.status")],
        "header" => ApiText.Text(member.Value) is { } name && ApiText.IsHeaderName(name) ? [] : [new Fault(at, "faults.api.header_name")],
        "path" => JmesPath.Validate(member.Value, at),
        "equals" => member.Value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False || ApiText.Text(member.Value) is { Length: <= 1000 } ? [] : [new Fault(at, "faults.read.parameter_value")],
        "then" => ApiText.Text(member.Value) is { } then && ResponseRule.Actions.ContainsKey(then) ? [] : [new Fault(at, "faults.one_of", ("allowed", ResponseRule.Actions.Keys))],
        _ => [new Fault(at, "faults.source.unknown", ("name", member.Name))],
    };

    private static bool IsStatuses(JsonElement value)
        => value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() is > 0 and <= 100 && value.EnumerateArray().All(IsStatus) : IsStatus(value);

    private static bool IsStatus(JsonElement value)
        => value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt32(out var status) && status is >= 100 and <= 599
            : ApiText.Text(value) is [>= '1' and <= '5', 'x', 'x'];
}
