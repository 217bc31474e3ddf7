using System.Buffers;
using System.Globalization;

namespace DataSync.Pipeline.Documents.Schemas.Formats;

/// <summary>A label that stands for one in another script (<c>xn--…</c>): it must be one by RFC 5892, whose rules for signs that need others beside them .NET does not know.</summary>
internal static class ForeignLabel
{
    private static readonly SearchValues<char> Disallowed = SearchValues.Create("\u0640\u07FA\u302E\u302F\u3031\u3032\u3033\u3034\u3035\u303B");

    public static bool IsValid(ReadOnlySpan<char> label)
    {
        try
        {
            var name = new IdnMapping { UseStd3AsciiRules = true }.GetUnicode(label.ToString());
            return name.Length > 0 && !name.StartsWith("xn--", StringComparison.OrdinalIgnoreCase) && name.AsSpan().IndexOfAny(Disallowed) < 0 && IsInPlace(name);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsInPlace(string name)
    {
        if (name.AsSpan().ContainsAnyInRange('\u0660', '\u0669') && name.AsSpan().ContainsAnyInRange('\u06F0', '\u06F9')) return false;
        if (char.GetUnicodeCategory(name, 0) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark) return false;
        for (var at = 0; at < name.Length; at++)
        {
            var (before, behind) = (at > 0 ? name[at - 1] : '\0', at + 1 < name.Length ? name[at + 1] : '\0');
            var fits = name[at] switch
            {
                '\u00B7' => before == 'l' && behind == 'l',
                '\u0375' => behind is (>= '\u0370' and <= '\u03FF') or (>= '\u1F00' and <= '\u1FFF'),
                '\u05F3' or '\u05F4' => before is >= '\u0591' and <= '\u05F4',
                '\u30FB' => name.Any(IsJapanese),
                _ => true,
            };
            if (!fits) return false;
        }

        return true;
    }

    private static bool IsJapanese(char sign)
        => sign is '\u3005' or '\u3007' or (>= '\u3041' and <= '\u309F') or (>= '\u30A1' and <= '\u30FF' and not '\u30FB') or (>= '\u3400' and <= '\u4DBF') or (>= '\u4E00' and <= '\u9FFF') or (>= '\uD840' and <= '\uD888');
}
