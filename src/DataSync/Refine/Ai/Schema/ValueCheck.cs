using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.Pipeline.Documents.Schemas;
using DataSync.Pipeline.Documents.Schemas.Patterns;

namespace DataSync.Refine.Ai.Schema;

/// <summary>
/// Checks a value against a tenant's schema, bounds included. What is optional may be null, since the model is told to give everything. Numbers, lengths and patterns mean what
/// they mean in JSON Schema.
/// </summary>
internal sealed class ValueCheck
{
    /// <summary>Values that one answer's <c>enum</c> may be compared with.</summary>
    private const long Steps = 1_000_000;

    private readonly PatternBook _patterns = new();

    /// <summary>The first thing wrong, worded for the model; null where nothing is.</summary>
    public string? Fault(JsonElement value, JsonElement schema, string at, bool isOptional = false)
    {
        var types = CustomSchema.TypesOf(schema).ToArray();
        if (value.ValueKind == JsonValueKind.Null) return isOptional || types.Contains("null", StringComparer.Ordinal) ? null : $"{at} must not be null";
        if (!Array.Exists(types, t => Is(value, t))) return $"{at} must be of type {string.Join(" or ", types)}";
        if (schema.TryGetProperty("enum", out var allowed) && !IsOneOf(value, allowed)) return $"{at} must be one of {allowed.GetRawText()}";
        return value.ValueKind switch
        {
            JsonValueKind.Number => Range(new JsonNumber(value), schema, "minimum", "maximum", at, "be"),
            JsonValueKind.String => Range(JsonText.CodePoints(JsonMarshal.GetRawUtf8Value(value)[1..^1]), schema, "minLength", "maxLength", at, "have a length of") ?? PatternFault(value, schema, at),
            JsonValueKind.Array => Range(value.GetArrayLength(), schema, "minItems", "maxItems", at, "have a number of items of") ?? Items(value, schema, at),
            JsonValueKind.Object => Properties(value, schema, at),
            _ => null,
        };
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && new JsonNumber(value).IsWhole,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => false,
    };

    private static bool IsOneOf(JsonElement value, JsonElement allowed)
    {
        var evaluation = new SchemaEvaluation(Steps);
        return allowed.EnumerateArray().Any(a => JsonEquality.AreEqual(a, value, evaluation));
    }

    private static string? Range(int count, JsonElement schema, string min, string max, string at, string verb)
        => Range(new JsonNumber(Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture))), schema, min, max, at, verb);

    private static string? Range(JsonNumber value, JsonElement schema, string min, string max, string at, string verb)
    {
        if (schema.TryGetProperty(min, out var least) && JsonNumber.Compare(value, new JsonNumber(least)) < 0) return $"{at} must {verb} {least.GetRawText()} at least";
        return schema.TryGetProperty(max, out var most) && JsonNumber.Compare(value, new JsonNumber(most)) > 0 ? $"{at} must {verb} {most.GetRawText()} at most" : null;
    }

    /// <summary>What a pattern that cannot be honoured would say of the value nobody knows: it counts as wrong.</summary>
    private string? PatternFault(JsonElement value, JsonElement schema, string at)
        => schema.TryGetProperty("pattern", out var pattern) && !(PatternOf(pattern.GetString()!) is { } compiled && IsMatch(compiled, value.GetString()!)) ? $"{at} must match the pattern {pattern.GetString()}" : null;

    /// <summary>Answers are checked at once, and patterns made ready one after the other.</summary>
    private Regex? PatternOf(string pattern)
    {
        lock (_patterns) return _patterns.Of(pattern);
    }

    private static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false; // what takes so long to look at is not used
        }
    }

    private string? Items(JsonElement value, JsonElement schema, string at)
    {
        var (items, index) = (schema.GetProperty("items"), 0);
        foreach (var item in value.EnumerateArray())
        {
            if (Fault(item, items, $"{at}[{(index++).ToString(CultureInfo.InvariantCulture)}]") is { } fault) return fault;
        }

        return null;
    }

    private string? Properties(JsonElement value, JsonElement schema, string at)
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
