using System.Globalization;
using System.Text.Json;

namespace DataSync.Refine.Ai.Schema;

/// <summary>Checks a value against a tenant's schema, bounds included. What is optional may be null, since the model is told to give everything.</summary>
internal static class ValueCheck
{
    /// <summary>The first thing wrong, worded for the model; null where nothing is.</summary>
    public static string? Fault(JsonElement value, JsonElement schema, string at, bool isOptional = false)
    {
        var types = CustomSchema.TypesOf(schema).ToArray();
        if (value.ValueKind == JsonValueKind.Null) return isOptional || types.Contains("null", StringComparer.Ordinal) ? null : $"{at} must not be null";
        if (!Array.Exists(types, t => Is(value, t))) return $"{at} must be of type {string.Join(" or ", types)}";
        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value))) return $"{at} must be one of {allowed.GetRawText()}";
        return value.ValueKind switch
        {
            JsonValueKind.Number => Range(value.GetDouble(), schema, "minimum", "maximum", at, "be"),
            JsonValueKind.String => Range(new StringInfo(value.GetString()!).LengthInTextElements, schema, "minLength", "maxLength", at, "have a length of") ?? PatternFault(value, schema, at),
            JsonValueKind.Array => Range(value.GetArrayLength(), schema, "minItems", "maxItems", at, "have a number of items of") ?? Items(value, schema, at),
            JsonValueKind.Object => Properties(value, schema, at),
            _ => null,
        };
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => false,
    };

    private static string? Range(double value, JsonElement schema, string min, string max, string at, string verb)
    {
        if (schema.TryGetProperty(min, out var least) && value < least.GetDouble()) return $"{at} must {verb} {least.GetRawText()} at least";
        return schema.TryGetProperty(max, out var most) && value > most.GetDouble() ? $"{at} must {verb} {most.GetRawText()} at most" : null;
    }

    private static string? PatternFault(JsonElement value, JsonElement schema, string at)
        => schema.TryGetProperty("pattern", out var pattern) && CustomSchema.Pattern(pattern.GetString()!)?.IsMatch(value.GetString()!) == false ? $"{at} must match the pattern {pattern.GetString()}" : null;

    private static string? Items(JsonElement value, JsonElement schema, string at)
    {
        var (items, index) = (schema.GetProperty("items"), 0);
        foreach (var item in value.EnumerateArray())
        {
            if (Fault(item, items, $"{at}[{(index++).ToString(CultureInfo.InvariantCulture)}]") is { } fault) return fault;
        }

        return null;
    }

    private static string? Properties(JsonElement value, JsonElement schema, string at)
    {
        var properties = schema.GetProperty("properties");
        foreach (var property in properties.EnumerateObject())
        {
            var isOptional = !StrictSchema.IsRequired(schema, property.Name);
            if (!value.TryGetProperty(property.Name, out var member))
            {
                if (isOptional) continue;
                return $"{at}.{property.Name} is missing";
            }

            if (Fault(member, property.Value, $"{at}.{property.Name}", isOptional) is { } fault) return fault;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (!properties.TryGetProperty(member.Name, out _)) return $"{at} must not have a member {member.Name}";
        }

        return null;
    }
}
