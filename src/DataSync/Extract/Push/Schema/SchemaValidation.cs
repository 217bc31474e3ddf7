using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push.Schema;

/// <summary>
/// Names what is wrong with a JSON schema before it is used: a keyword that would be passed over would let bad records in, and a reference to elsewhere would be fetched.
/// </summary>
internal static class SchemaValidation
{
    /// <summary>Bytes of a schema at most.</summary>
    public const int Longest = 64 * 1024;

    private const int Deepest = 32;

    /// <summary>Keywords whose value says nothing that must be looked into.</summary>
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "$schema", "$id", "id", "$comment", "title", "description", "default", "examples", "type", "enum", "required", "minProperties", "maxProperties", "minItems", "maxItems",
        "uniqueItems", "minLength", "maxLength", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "readOnly", "writeOnly", "deprecated",
    };

    private static readonly HashSet<string> Named = new(StringComparer.Ordinal) { "properties", "definitions" };
    private static readonly HashSet<string> Lists = new(StringComparer.Ordinal) { "allOf", "anyOf", "oneOf" };
    private static readonly HashSet<string> Single = new(StringComparer.Ordinal) { "items", "additionalProperties", "additionalItems", "not" };

    public static IEnumerable<Fault> Validate(JsonElement schema, string path)
    {
        if (schema.ValueKind != JsonValueKind.Object || schema.GetRawText().Length > Longest) return [new Fault(path, "faults.webhook.schema", ("longest", Longest))];
        var faults = Walk(schema, path, 0).ToList();
        if (faults.Count == 0 && !RecordSchema.CanRead(schema.GetRawText())) faults.Add(new Fault(path, "faults.webhook.schema", ("longest", Longest)));
        return faults;
    }

    private static IEnumerable<Fault> Walk(JsonElement schema, string path, int depth)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return [];
        if (schema.ValueKind != JsonValueKind.Object || depth > Deepest) return [new Fault(path, "faults.webhook.schema", ("longest", Longest))];
        return schema.EnumerateObject().SelectMany(member => Keyword(member, path + JsonPointer.Segment(member.Name), depth + 1));
    }

    private static IEnumerable<Fault> Keyword(JsonProperty member, string at, int depth)
    {
        var value = member.Value;
        if (Plain.Contains(member.Name)) return [];
        if (Single.Contains(member.Name)) return Walk(value, at, depth);
        if (Named.Contains(member.Name) && value.ValueKind == JsonValueKind.Object) return value.EnumerateObject().SelectMany(m => Walk(m.Value, at + JsonPointer.Segment(m.Name), depth));
        if (Lists.Contains(member.Name) && value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().SelectMany((item, i) => Walk(item, $"{at}/{i}", depth));
        if (member.Name == "$ref") return value.ValueKind == JsonValueKind.String && value.GetString()!.StartsWith("#/", StringComparison.Ordinal) ? [] : [new Fault(at, "faults.webhook.schema_reference")];
        if (member.Name == "pattern") return value.ValueKind == JsonValueKind.String && RecordSchema.IsPattern(value.GetString()!) ? [] : [new Fault(at, "faults.webhook.schema_pattern")];
        return [new Fault(at, "faults.webhook.schema_keyword", ("name", member.Name))];
    }
}
