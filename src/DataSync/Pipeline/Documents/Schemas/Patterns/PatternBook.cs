using System.Text.RegularExpressions;

namespace DataSync.Pipeline.Documents.Schemas.Patterns;

/// <summary>The patterns of one schema: each is made ready once, and together they may cost so much and no more.</summary>
internal sealed class PatternBook
{
    /// <summary>Characters of all patterns as .NET is given them; a general category takes thousands.</summary>
    private const int MostCharacters = 200_000;

    private readonly Dictionary<string, Regex?> _patterns = new(StringComparer.Ordinal);
    private int _left = MostCharacters;

    /// <summary>Null where it is no pattern, or cannot be honoured.</summary>
    public Regex? Of(string pattern)
    {
        if (_patterns.TryGetValue(pattern, out var known)) return known;
        return _patterns[pattern] = EcmaPattern.Compile(pattern, ref _left);
    }
}
