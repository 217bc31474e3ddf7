using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Patterns;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Ai.Schema;

/// <summary>
/// The part of JSON Schema in which a tenant may define fields: what providers agree upon (objects, arrays, texts, numbers, booleans, <c>enum</c>, null), and bounds that no
/// provider is told and that we check ourselves.
/// </summary>
internal static class CustomSchema
{
    private const int Deepest = 5;
    private const int MostProperties = 100;
    private static readonly string[] Types = ["string", "number", "integer", "boolean", "object", "array", "null"];

    private static readonly string[] Known =
    [
        "$schema", "title", "description", "type", "enum", "properties", "required", "items", "additionalProperties",
        "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
    ];

    /// <summary>Everything wrong with a schema, whose root must be an object with properties.</summary>
    public static IEnumerable<Fault> Validate(JsonElement schema, string path)
    {
        var properties = 0;
        var faults = new List<Fault>();
        Check(schema, path, 1, ref properties, new PatternBook(), faults);
        if (faults.Count == 0 && !TypesOf(schema).Contains("object", StringComparer.Ordinal)) faults.Add(new Fault(path + "/type", "faults.one_of", ("allowed", (string[])["object"])));
        if (properties > MostProperties) faults.Add(new Fault(path, "faults.items", ("min", 1), ("max", MostProperties)));
        return faults;
    }

    /// <summary>The types a schema allows.</summary>
    public static IEnumerable<string> TypesOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? []
        : type.ValueKind == JsonValueKind.String ? [type.GetString()!]
        : type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!)
        : [];

    private static void Check(JsonElement schema, string path, int depth, ref int properties, PatternBook patterns, List<Fault> faults)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > Deepest)
        {
            faults.Add(depth > Deepest ? new Fault(path, "faults.ai.schema_deep", ("limit", Deepest)) : new Fault(path, "faults.object"));
            return;
        }

        foreach (var member in schema.EnumerateObject().Where(m => !Known.Contains(m.Name, StringComparer.Ordinal))) faults.Add(new Fault(path + JsonPointer.Segment(member.Name), "faults.ai.schema_keyword", ("allowed", Known)));
        var types = TypesOf(schema).ToArray();
        if (types.Length == 0 || !Array.TrueForAll(types, t => Types.Contains(t, StringComparer.Ordinal)) || types.Count(t => t != "null") != 1)
        {
            faults.Add(new Fault(path + "/type", "faults.ai.schema_type", ("allowed", Types)));
            return;
        }

        foreach (var name in (string[])["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"])
        {
            if (schema.TryGetProperty(name, out var bound) && bound.ValueKind != JsonValueKind.Number) faults.Add(new Fault($"{path}/{name}", "faults.number", ("min", long.MinValue), ("max", long.MaxValue)));
        }

        if (schema.TryGetProperty("pattern", out var pattern) && (pattern.ValueKind != JsonValueKind.String || patterns.Of(pattern.GetString()!) is null)) faults.Add(new Fault(path + "/pattern", "faults.ai.schema_pattern", ("longest", EcmaPattern.Longest)));
        if (schema.TryGetProperty("enum", out var values) && (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() is 0 or > 500)) faults.Add(new Fault(path + "/enum", "faults.items", ("min", 1), ("max", 500)));
        if (types.Contains("object", StringComparer.Ordinal)) CheckProperties(schema, path, depth, ref properties, patterns, faults);
        if (!types.Contains("array", StringComparer.Ordinal)) return;
        if (schema.TryGetProperty("items", out var items)) Check(items, path + "/items", depth + 1, ref properties, patterns, faults);
        else faults.Add(new Fault(path + "/items", "faults.required"));
    }

    private static void CheckProperties(JsonElement schema, string path, int depth, ref int properties, PatternBook patterns, List<Fault> faults)
    {
        if (!schema.TryGetProperty("properties", out var members) || members.ValueKind != JsonValueKind.Object || !members.EnumerateObject().Any())
        {
            faults.Add(new Fault(path + "/properties", "faults.required"));
            return;
        }

        foreach (var member in members.EnumerateObject())
        {
            properties++;
            Check(member.Value, path + "/properties" + JsonPointer.Segment(member.Name), depth + 1, ref properties, patterns, faults);
        }
    }
}
