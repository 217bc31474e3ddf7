using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Checks;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>What is demanded of numbers.</summary>
internal static class NumberKeywords
{
    /// <summary>Characters of a bound at most: what it costs to compute with grows with them.</summary>
    private const int LongestNumber = 100;

    public static IEnumerable<Keyword> All { get; } =
    [
        new("minimum", static k => Bound(k, static sign => sign >= 0)), new("maximum", static k => Bound(k, static sign => sign <= 0)),
        new("exclusiveMinimum", static k => Exclusive(k, "minimum", static sign => sign > 0)), new("exclusiveMaximum", static k => Exclusive(k, "maximum", static sign => sign < 0)),
        new("multipleOf", static k => IsNumber(k.Value) && JsonNumber.Compare(new JsonNumber(k.Value), new JsonNumber("0"u8)) > 0 ? new MultipleCheck(k.Value) : k.Wrong<SchemaCheck>()),
    ];

    private static SchemaCheck? Bound(KeywordPlace keyword, Func<int, bool> isIn) => IsNumber(keyword.Value) ? new BoundCheck(keyword.Value, isIn) : keyword.Wrong<SchemaCheck>();

    /// <summary>A number of its own since draft 6; in draft 4 a truth value that says how the other bound is meant.</summary>
    private static SchemaCheck? Exclusive(KeywordPlace keyword, string bound, Func<int, bool> isIn)
    {
        if (keyword.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return keyword.Compiler.Draft == 4 ? keyword.Wrong<SchemaCheck>() : Bound(keyword, isIn);
        if (keyword.Compiler.Draft is > 4) return keyword.Wrong<SchemaCheck>();
        if (keyword.Beside(bound) is not { } other) return keyword.Idle();
        return keyword.Value.ValueKind == JsonValueKind.True && IsNumber(other.Value) ? new BoundCheck(other.Value, isIn) : null;
    }

    private static bool IsNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.GetRawText().Length <= LongestNumber;
}
