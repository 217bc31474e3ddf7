using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Checks;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>What a schema says of itself, references within it, and the kinds and values that are let through.</summary>
internal static class CoreKeywords
{
    private const int Oldest = Keyword.Oldest, Newest = Keyword.Newest, LastAlone = 7;

    /// <summary>What may stand beside a reference in the drafts in which whatever else did would be passed over.</summary>
    private static readonly HashSet<string> BesideReference = new(StringComparer.Ordinal) { "$ref", "$schema", "$id", "id", "$comment", "title", "description", "default", "examples", "definitions", "$defs" };

    private static readonly string[] Says = ["$comment", "title", "description", "default", "examples", "readOnly", "writeOnly", "deprecated"];

    private static readonly string[] Types = ["array", "boolean", "integer", "null", "number", "object", "string"];

    public static IEnumerable<Keyword> All { get; } =
    [
        .. Says.Select(name => new Keyword(name, static _ => null)),
        new("$schema", Schema), new("$id", Id, First: 6), new("id", Id, Last: 4), new("$ref", Reference),
        new("definitions", Definitions), new("$defs", Definitions, First: 2019),
        new("type", Type), new("enum", Enum), new("const", static k => new EnumCheck([k.Value]), First: 6),
    ];

    /// <summary>The draft by its address; null where it is none of those that are known.</summary>
    public static int? DraftOf(JsonElement dialect) => dialect.ValueKind != JsonValueKind.String ? null : dialect.GetString()!.TrimEnd('#') switch
    {
        "http://json-schema.org/draft-04/schema" => Oldest,
        "http://json-schema.org/draft-06/schema" => 6,
        "http://json-schema.org/draft-07/schema" => LastAlone,
        "https://json-schema.org/draft/2019-09/schema" => 2019,
        "https://json-schema.org/draft/2020-12/schema" => Newest,
        _ => null,
    };

    private static SchemaCheck? Schema(KeywordPlace keyword)
    {
        if (keyword.Depth > 0 || DraftOf(keyword.Value) is null) keyword.Refuse("faults.webhook.schema_draft");
        return null;
    }

    /// <summary>At the top it is a name; further in it would move what references start from.</summary>
    private static SchemaCheck? Id(KeywordPlace keyword) => keyword.Depth > 0 ? keyword.Idle() : keyword.Value.ValueKind == JsonValueKind.String ? null : keyword.Wrong<SchemaCheck>();

    private static SchemaCheck? Definitions(KeywordPlace keyword)
    {
        keyword.NamedParts();
        return null;
    }

    private static ReferenceCheck? Reference(KeywordPlace keyword)
    {
        if (keyword.Compiler.Draft is null or <= LastAlone)
        {
            foreach (var member in keyword.Schema.EnumerateObject().Where(m => !BesideReference.Contains(m.Name))) (keyword with { Name = member.Name }).Refuse("faults.webhook.schema_beside_reference");
        }

        var check = new ReferenceCheck();
        if (keyword.Value.ValueKind == JsonValueKind.String && keyword.Value.GetString() is ['#', .. var target]) keyword.Compiler.Refer(check, Uri.UnescapeDataString(target), keyword.At);
        else keyword.Refuse("faults.webhook.schema_reference");
        return check;
    }

    private static TypeCheck? Type(KeywordPlace keyword)
    {
        string[]? names = keyword.Value.ValueKind == JsonValueKind.String ? [keyword.Value.GetString()!] : keyword.Names();
        if (names is null) return null;
        if (names.Length > 0 && names.All(n => Types.Contains(n, StringComparer.Ordinal))) return new TypeCheck(names);
        keyword.Refuse("faults.one_of", ("allowed", Types));
        return null;
    }

    private static EnumCheck? Enum(KeywordPlace keyword)
        => keyword.Value.ValueKind == JsonValueKind.Array && keyword.Value.GetArrayLength() > 0 ? new EnumCheck([.. keyword.Value.EnumerateArray()]) : keyword.Wrong<EnumCheck>();
}
