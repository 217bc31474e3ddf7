using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataSync.Refine.Ai.Schema;

/// <summary>
/// The schema of an answer, made by us in the strictest subset that providers share: every property required, nullable instead of optional, nothing else allowed, and no
/// keyword of length or range. For each task <c>{"value":…,"confidence":…}</c>.
/// </summary>
internal static class StrictSchema
{
    private static readonly string[] Dropped = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "$schema", "required", "additionalProperties"];

    /// <summary>The schema of a plan's answers.</summary>
    /// <param name="plan">What is asked for.</param>
    /// <param name="namesNumbers">A number of the tenant's schema may be a placeholder as well.</param>
    public static JsonElement Of(AiPlan plan, bool namesNumbers = false)
    {
        var tasks = new JsonObject();
        foreach (var task in plan.Tasks) tasks[task] = Task(ValueOf(task, plan));
        if (plan.HasSchema) tasks[AiTasks.Fields] = Task(Strict(plan.Schema, isOptional: false, namesNumbers));
        return JsonSerializer.SerializeToElement(Object(tasks));
    }

    private static JsonObject Task(JsonNode value) => Object(new JsonObject
    {
        ["value"] = value,
        ["confidence"] = new JsonObject { ["type"] = "number", ["description"] = "How sure you are of the value, from 0 to 1." },
    });

    private static JsonObject ValueOf(string task, AiPlan plan) => task switch
    {
        AiTasks.Summary => new JsonObject { ["type"] = Nullable("string"), ["description"] = "One or two sentences in the language of the data; null where there is nothing to summarise." },
        AiTasks.Sentiment => new JsonObject { ["type"] = Nullable("string"), ["enum"] = Values([.. AiTasks.Sentiments, null]) },
        AiTasks.Classification => new JsonObject { ["type"] = Nullable("string"), ["enum"] = Values([.. plan.Categories, null]), ["description"] = "The class that fits best; null where none does." },
        _ => new JsonObject
        {
            ["type"] = "array",
            ["items"] = Object(new JsonObject
            {
                ["text"] = new JsonObject { ["type"] = "string", ["description"] = "Exactly as it is written in the data." },
                ["type"] = new JsonObject { ["type"] = "string", ["enum"] = Values([.. AiTasks.EntityTypes]) },
            }),
        },
    };

    private static JsonObject Object(JsonObject properties) => new()
    {
        ["type"] = "object",
        ["properties"] = properties,
        ["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]),
        ["additionalProperties"] = false,
    };

    private static JsonObject Strict(JsonElement schema, bool isOptional, bool namesNumbers)
    {
        var strict = new JsonObject();
        foreach (var member in schema.EnumerateObject().Where(m => !Dropped.Contains(m.Name, StringComparer.Ordinal)))
        {
            strict[member.Name] = member.Name switch
            {
                "properties" => Properties(schema, member.Value, namesNumbers),
                "items" => Strict(member.Value, isOptional: false, namesNumbers),
                _ => JsonNode.Parse(member.Value.GetRawText()),
            };
        }

        if (isOptional && !CustomSchema.TypesOf(schema).Contains("null", StringComparer.Ordinal))
        {
            strict["type"] = Nullable([.. CustomSchema.TypesOf(schema)]);
            if (strict["enum"] is JsonArray values) values.Add((JsonNode?)null);
        }

        if (namesNumbers) NameNumbers(strict);
        if (strict["properties"] is not JsonObject properties) return strict;
        strict["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]);
        strict["additionalProperties"] = false;
        return strict;
    }

    /// <summary>One type each, since not every provider knows several but null.</summary>
    private static void NameNumbers(JsonObject strict)
    {
        string[] types = strict["type"] is JsonArray several ? [.. several.Select(t => (string)t!)] : [(string)strict["type"]!];
        if (strict.ContainsKey("enum") || Array.Find(types, t => t is "number" or "integer") is not { } number) return;
        strict.Remove("type");
        var any = new JsonArray(
            new JsonObject { ["type"] = number },
            new JsonObject { ["type"] = "string", ["description"] = "The word that stands for the number in the record, such as <CARD_1>, where it was taken out; nothing else." });
        if (types.Contains("null", StringComparer.Ordinal)) any.Add((JsonNode)new JsonObject { ["type"] = "null" });
        strict["anyOf"] = any;
    }

    private static JsonObject Properties(JsonElement schema, JsonElement properties, bool namesNumbers)
    {
        var strict = new JsonObject();
        foreach (var property in properties.EnumerateObject()) strict[property.Name] = Strict(property.Value, !IsRequired(schema, property.Name), namesNumbers);
        return strict;
    }

    /// <summary>What the tenant does not require may be null.</summary>
    public static bool IsRequired(JsonElement schema, string property)
        => schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array && required.EnumerateArray().Any(r => r.ValueKind == JsonValueKind.String && r.ValueEquals(property));

    private static JsonArray Nullable(params string[] types) => Values([.. types, "null"]);

    private static JsonArray Values(string?[] values) => new([.. values.Select(v => (JsonNode?)v)]);
}
