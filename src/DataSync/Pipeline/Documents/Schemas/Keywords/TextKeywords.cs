using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas.Checks;
using DataSync.Pipeline.Documents.Schemas.Formats;
using DataSync.Pipeline.Documents.Schemas.Patterns;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>What is demanded of texts.</summary>
internal static class TextKeywords
{
    public static IEnumerable<Keyword> All { get; } =
    [
        new("minLength", static k => k.Count() is { } least ? new LengthCheck(least, int.MaxValue) : null),
        new("maxLength", static k => k.Count() is { } most ? new LengthCheck(0, most) : null),
        new("pattern", Pattern), new("format", Format),
    ];

    private static PatternCheck? Pattern(KeywordPlace keyword)
    {
        if (keyword.Value.ValueKind == JsonValueKind.String && keyword.Compiler.Patterns.Of(keyword.Value.GetString()!) is { } pattern) return new PatternCheck(pattern);
        keyword.Refuse("faults.webhook.schema_pattern", ("longest", EcmaPattern.Longest));
        return null;
    }

    private static FormatCheck? Format(KeywordPlace keyword)
    {
        if (keyword.Value.ValueKind == JsonValueKind.String && TextFormats.Of(keyword.Value.GetString()!) is { } format) return new FormatCheck(format);
        keyword.Refuse("faults.one_of", ("allowed", TextFormats.Names));
        return null;
    }
}
