using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>Every keyword that is honoured, with the drafts that have it.</summary>
internal static class AllKeywords
{
    private static readonly FrozenDictionary<string, (int First, int Last, BuildCheck Build)> Known =
        CoreKeywords.All.Concat(NumberKeywords.All).Concat(TextKeywords.All).Concat(ListKeywords.All).Concat(ObjectKeywords.All).Concat(CombiningKeywords.All)
            .ToFrozenDictionary(k => k.Name, k => (k.First, k.Last, k.Build), StringComparer.Ordinal);

    /// <summary>Finds what a keyword demands in a draft, or where none is named in any.</summary>
    public static bool TryFind(string name, int? draft, [NotNullWhen(true)] out BuildCheck? build)
    {
        var isKnown = Known.TryGetValue(name, out var keyword) && (draft is not { } of || (of >= keyword.First && of <= keyword.Last));
        build = isKnown ? keyword.Build : null;
        return isKnown;
    }
}

/// <summary>A keyword, and the first and last draft that have it.</summary>
internal sealed record Keyword(string Name, BuildCheck Build, int First = Keyword.Oldest, int Last = Keyword.Newest)
{
    public const int Oldest = 4, Newest = 2020;
}
