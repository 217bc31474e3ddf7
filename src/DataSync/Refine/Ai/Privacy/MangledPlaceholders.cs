using System.Globalization;
using System.Text.RegularExpressions;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>
/// Finds what was a placeholder and came back otherwise: <c>&lt;email_1&gt;</c>, <c>[EMAIL_1]</c>, <c>EMAIL-1</c>. Nothing would bring it back, and nobody who reads it would know what it means. What stands so
/// in what was sent is the record's own.
/// </summary>
internal static partial class MangledPlaceholders
{
    private const string Opening = "<[({`【《「『〈＜（";
    private const string Closing = ">])}`】》」』〉＞）";

    /// <summary>Each in a text of an answer, as it is written there.</summary>
    /// <param name="text">The text without the placeholders that are as they should be.</param>
    /// <param name="sent">What was sent, without them.</param>
    /// <param name="isKnown">Whether the record has one of a kind and number.</param>
    public static IEnumerable<string> In(string text, string sent, Func<string, int, bool> isKnown)
    {
        foreach (Match match in Written().Matches(text))
        {
            if (!isKnown(match.Groups["kind"].Value.ToUpperInvariant(), int.Parse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))) continue;
            var (start, end) = (match.Index, match.Index + match.Length);
            var isEnclosed = start > 0 && end < text.Length && Opening.Contains(text[start - 1], StringComparison.Ordinal) && Closing.Contains(text[end], StringComparison.Ordinal);

            // Two words with a space between are words, such as "email 1 of 3".
            if (!isEnclosed && match.Groups["gap"].Value == " ") continue;
            if (!sent.Contains(isEnclosed ? text[(start - 1)..(end + 1)] : match.Value, StringComparison.Ordinal)) yield return match.Value;
        }
    }

    [GeneratedRegex("(?<![A-Za-z0-9])(?<kind>[A-Za-z]{2,8})(?<gap>\\\\?[_-]| |)(?<number>[0-9]{1,6})(?![A-Za-z0-9])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Written();
}
