namespace DataSync.Refine.Ai.Work;

/// <summary>
/// How many tokens a text is, counted from above before a model is asked: by what the tokenizers of today make of a script, for its own is not known. English has four characters
/// to a token; Chinese has about one, and what was rare where a tokenizer was made has a token for each byte.
/// </summary>
internal static class TokenEstimate
{
    /// <summary>Tokens of the text.</summary>
    public static long Of(string text)
    {
        var thirds = 0L;
        foreach (var unit in text) thirds += Thirds(unit);
        return (thirds + 2) / 3;
    }

    private static int Thirds(char unit) => unit switch
    {
        < '\u0080' => 1,
        < '\u0800' => 3, // Latin with marks, Greek, Cyrillic, Hebrew, Arabic
        >= '\u3000' and < '\ua000' or >= '\uac00' and < '\ud7b0' or >= '\uff00' and < '\uffe0' => 5, // Chinese, Japanese, Korean
        _ when char.IsSurrogate(unit) => 6,
        _ => 9,
    };
}
