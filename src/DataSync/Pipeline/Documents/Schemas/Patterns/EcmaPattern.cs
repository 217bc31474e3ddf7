using System.Text.RegularExpressions;

namespace DataSync.Pipeline.Documents.Schemas.Patterns;

/// <summary>
/// A regular expression of JSON Schema, which are ECMAScript's, made one of .NET's that matches the same, in a time that grows with the text and no faster. What cannot be
/// honoured so is refused: look-arounds, back references, word boundaries, flags.
/// </summary>
internal static class EcmaPattern
{
    public const int Longest = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Null where the pattern is none, or cannot be honoured.</summary>
    /// <param name="pattern">As it is written in the schema.</param>
    /// <param name="left">How many characters .NET may be given; those of this one are taken from it.</param>
    public static Regex? Compile(string pattern, ref int left)
    {
        if (pattern.Length > Longest || left < 0 || new EcmaTranslation(pattern).Run() is not { } translated || (left -= translated.Length) < 0) return null;
        try
        {
            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Patience);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
