using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>Small JSON schemas for what strict readers read, and for examples of answers.</summary>
internal static class JsonSchemas
{
    public static JsonObject Of(string type) => new() { ["type"] = type };

    public static JsonObject Text(int min, int max) => new() { ["type"] = "string", ["minLength"] = min, ["maxLength"] = max };

    public static JsonObject Time() => new() { ["type"] = "string", ["format"] = "date-time" };

    public static JsonObject OneOf(IEnumerable<string> allowed)
        => new() { ["type"] = "string", ["enum"] = new JsonArray([.. allowed.Select(a => JsonValue.Create(a))]) };

    public static JsonObject OneOrMoreOf(IReadOnlyList<string> allowed)
        => new() { ["oneOf"] = new JsonArray(OneOf(allowed), List(OneOf(allowed), 1, allowed.Count)) };

    public static JsonObject Integer(long min, long max)
    {
        var schema = Of("integer");
        if (min > int.MinValue) schema["minimum"] = min;
        if (max < int.MaxValue) schema["maximum"] = max;
        return schema;
    }

    public static JsonObject Number(decimal min, decimal max) => new() { ["type"] = "number", ["minimum"] = min, ["maximum"] = max };

    public static JsonObject List(JsonObject item, int min, int max)
        => new() { ["type"] = "array", ["items"] = item, ["minItems"] = min, ["maxItems"] = max };

    /// <summary>The schema an example shows: of a list's items, what is common to all of them; of a customer's records, that they are some.</summary>
    public static JsonObject Like(JsonNode? example) => example switch
    {
        JsonObject o => new() { ["type"] = "object", ["properties"] = new JsonObject(o.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)(m.Key is "data" or "records" or "original" ? Records(m.Value) : Like(m.Value))))) },
        JsonArray { Count: > 0 } a => new() { ["type"] = "array", ["items"] = a.Select(Like).Aggregate(Both) },
        JsonArray => Of("array"),
        null => [],
        _ => example.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => Of("boolean"),
            JsonValueKind.Number => Of(long.TryParse(example.ToJsonString(), CultureInfo.InvariantCulture, out _) ? "integer" : "number"),
            _ => Of("string"),
        },
    };

    /// <summary>What is in a record is its source's affair; it need not be an object.</summary>
    private static JsonObject Records(JsonNode? example) => example switch
    {
        JsonObject => [],
        JsonArray { Count: > 0 } a when a.All(static r => r is JsonObject) => Of("array"),
        _ => Like(example),
    };

    /// <summary>The schema of what either allows; where they differ in kind, anything.</summary>
    private static JsonObject Both(JsonObject one, JsonObject other)
    {
        if (!JsonNode.DeepEquals(one["type"], other["type"])) return [];
        if (one["items"] is JsonObject first && other["items"] is JsonObject second) return new() { ["type"] = "array", ["items"] = Both(first, second) };
        if (one["properties"] is not JsonObject mine || other["properties"] is not JsonObject theirs) return (one["items"] is null ? one : other).DeepClone().AsObject();
        var members = mine.DeepClone().AsObject();
        foreach (var (name, schema) in theirs) members[name] = members[name] is JsonObject known ? Both(known, schema!.AsObject()) : schema!.DeepClone();
        return new() { ["type"] = "object", ["properties"] = members };
    }
}
