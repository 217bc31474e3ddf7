using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.Pipeline.Documents.Schemas.Checks;
using DataSync.Pipeline.Documents.Schemas.Patterns;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>What is demanded of objects.</summary>
internal static class ObjectKeywords
{
    public static IEnumerable<Keyword> All { get; } =
    [
        new("minProperties", static k => k.Count() is { } least ? new CountCheck(JsonValueKind.Object, least, int.MaxValue) : null),
        new("maxProperties", static k => k.Count() is { } most ? new CountCheck(JsonValueKind.Object, 0, most) : null),
        new("required", static k => k.Names() is { } names ? new RequiredCheck(names) : null),
        new("properties", Members),
        new("patternProperties", static k => k.Beside("properties") is null ? Members(k) : null),
        new("additionalProperties", static k => k.Beside("properties") is null && k.Beside("patternProperties") is null ? Members(k) : null),
        new("propertyNames", static k => new NamesCheck(k.Part()), First: 6),
        new("dependencies", Dependencies, Last: 7), new("dependentRequired", Dependencies, First: 2019), new("dependentSchemas", Dependencies, First: 2019),
    ];

    /// <summary>The three keywords that say of what kind members are, which is asked of each member once.</summary>
    private static MembersCheck? Members(KeywordPlace keyword)
    {
        var byName = keyword.Beside("properties") is { } properties ? properties.NamedParts() : [];
        var byPattern = keyword.Beside("patternProperties") is { } patterns ? Patterns(patterns) : [];
        var others = keyword.Beside("additionalProperties")?.Part();
        return byName is null || byPattern is null ? null : new MembersCheck(byName, byPattern, others);
    }

    private static (Regex, SchemaNode)[]? Patterns(KeywordPlace keyword)
    {
        if (keyword.Value.ValueKind != JsonValueKind.Object) return keyword.Wrong<(Regex, SchemaNode)[]>();
        var patterns = new List<(Regex, SchemaNode)>();
        foreach (var member in keyword.Value.EnumerateObject())
        {
            var part = keyword.Part(member.Name, member.Value);
            if (keyword.Compiler.Patterns.Of(member.Name) is { } pattern) patterns.Add((pattern, part));
            else keyword.Refuse("faults.webhook.schema_pattern", ("longest", EcmaPattern.Longest));
        }

        return [.. patterns];
    }

    /// <summary>By a member's name, what others must be there beside it or what the whole must be like.</summary>
    private static DependencyCheck? Dependencies(KeywordPlace keyword)
    {
        if (keyword.Value.ValueKind != JsonValueKind.Object) return keyword.Wrong<DependencyCheck>();
        var (names, schemas) = (new Dictionary<string, string[]>(StringComparer.Ordinal), new Dictionary<string, SchemaNode>(StringComparer.Ordinal));
        foreach (var member in keyword.Value.EnumerateObject())
        {
            if (keyword.Name != "dependentSchemas" && member.Value.ValueKind == JsonValueKind.Array) names[member.Name] = (keyword with { Value = member.Value }).Names() ?? [];
            else if (keyword.Name != "dependentRequired") schemas[member.Name] = keyword.Part(member.Name, member.Value);
            else keyword.Wrong<DependencyCheck>();
        }

        return new DependencyCheck(names, schemas);
    }
}
