using System.Text;

namespace DataSync.Platform.Audit;

/// <summary>Text from outside, as the log can hold it: an entry is never refused for what somebody called himself.</summary>
internal static class AuditText
{
    /// <summary>Without NUL and lone surrogates, of <paramref name="most"/> characters at most.</summary>
    public static string Of(string text, int most)
    {
        if (text.Length <= most && !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') && !text.Contains('\0', StringComparison.Ordinal)) return text;
        var clean = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            var safe = rune.Value == 0 ? Rune.ReplacementChar : rune;
            if (clean.Length + safe.Utf16SequenceLength > most) break;
            clean.Append(safe.ToString());
        }

        return clean.ToString();
    }
}
