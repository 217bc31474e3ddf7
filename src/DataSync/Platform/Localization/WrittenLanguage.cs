using System.Globalization;

namespace DataSync.Platform.Localization;

/// <summary>How a language is written: its numbers and times, by the machine's cultures (ICU), and its plurals, by the rules of its own file.</summary>
internal sealed record WrittenLanguage(CultureInfo Culture, PluralRules Plurals)
{
    /// <summary>Of a language's tag and texts. A machine without cultures writes every language's numbers as none does.</summary>
    public static WrittenLanguage Of(string tag, IReadOnlyDictionary<string, string> texts)
        => new(CultureOf(tag), texts.TryGetValue(PluralRules.Key, out var rules) && PluralRules.TryParse(rules, out var parsed) ? parsed : PluralRules.None);

    private static CultureInfo CultureOf(string tag)
    {
        try
        {
            return CultureInfo.GetCultureInfo(tag);
        }
        catch (CultureNotFoundException)
        {
            return CultureInfo.InvariantCulture;
        }
    }
}
