using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Checks;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>What is demanded of arrays.</summary>
internal static class ListKeywords
{
    public static IEnumerable<Keyword> All { get; } =
    [
        new("minItems", static k => k.Count() is { } least ? new CountCheck(JsonValueKind.Array, least, int.MaxValue) : null),
        new("maxItems", static k => k.Count() is { } most ? new CountCheck(JsonValueKind.Array, 0, most) : null),
        new("uniqueItems", Unique), new("items", Items), new("prefixItems", Prefix, First: 2020), new("additionalItems", Additional, Last: 2019),
        new("contains", Contains, First: 6), new("minContains", BesideContains, First: 2019), new("maxContains", BesideContains, First: 2019),
    ];

    private static SchemaCheck? Unique(KeywordPlace keyword) => keyword.Value.ValueKind switch
    {
        JsonValueKind.True => new UniqueCheck(),
        JsonValueKind.False => null,
        _ => keyword.Wrong<SchemaCheck>(),
    };

    /// <summary>For every item; until draft 2019-09 also a list for the first ones, and <c>additionalItems</c> for the others.</summary>
    private static ItemsCheck? Items(KeywordPlace keyword)
    {
        if (keyword.Value.ValueKind != JsonValueKind.Array) return keyword.Beside("prefixItems") is null ? new ItemsCheck([], keyword.Part()) : null;
        if (keyword.Compiler.Draft == 2020 || keyword.Beside("prefixItems") is not null) return keyword.Wrong<ItemsCheck>();
        SchemaNode[]? first = keyword.Value.GetArrayLength() == 0 ? [] : keyword.Parts();
        return first is null ? null : new ItemsCheck(first, keyword.Beside("additionalItems")?.Part());
    }

    /// <summary>For the first items, and <c>items</c> for the others.</summary>
    private static ItemsCheck? Prefix(KeywordPlace keyword)
        => keyword.Parts() is { } first ? new ItemsCheck(first, keyword.Beside("items") is { Value.ValueKind: not JsonValueKind.Array } rest ? rest.Part() : null) : null;

    /// <summary>Looked at with the list that is beside it.</summary>
    private static SchemaCheck? Additional(KeywordPlace keyword) => keyword.Beside("items") is { Value.ValueKind: JsonValueKind.Array } ? null : keyword.Idle();

    private static ContainsCheck? Contains(KeywordPlace keyword)
    {
        var (least, most) = (keyword.Beside("minContains"), keyword.Beside("maxContains"));
        return new ContainsCheck(keyword.Part(), least is null ? 1 : least.Value.Count() ?? 0, most is null ? int.MaxValue : most.Value.Count() ?? 0);
    }

    /// <summary>Looked at with what it counts.</summary>
    private static SchemaCheck? BesideContains(KeywordPlace keyword) => keyword.Beside("contains") is null ? keyword.Idle() : null;
}
