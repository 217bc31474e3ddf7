using DataSync.Pipeline.Documents.Schemas.Checks;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>Several schemas for one value.</summary>
internal static class CombiningKeywords
{
    public static IEnumerable<Keyword> All { get; } =
    [
        new("allOf", static k => k.Parts() is { } parts ? new AllCheck(parts) : null),
        new("anyOf", static k => k.Parts() is { } parts ? new SomeCheck(parts, 1, int.MaxValue) : null),
        new("oneOf", static k => k.Parts() is { } parts ? new SomeCheck(parts, 1, 1) : null),
        new("not", static k => new SomeCheck([k.Part()], 0, 0)),
        new("if", If, First: 7), new("then", BesideIf, First: 7), new("else", BesideIf, First: 7),
    ];

    private static ConditionCheck? If(KeywordPlace keyword)
    {
        var (then, otherwise) = (keyword.Beside("then")?.Part(), keyword.Beside("else")?.Part());
        if (then is not null || otherwise is not null) return new ConditionCheck(keyword.Part(), then, otherwise);
        keyword.Idle();
        return null;
    }

    private static SchemaCheck? BesideIf(KeywordPlace keyword) => keyword.Beside("if") is null ? keyword.Idle() : null;
}
