using System.Text;

namespace DataSync.Alerts.Channels.Slack;

/// <summary>
/// Words that stay words. What is told quotes ids, hosts and codes that a tenant, a source or a sender chose: none of them may become a link, or call somebody in the channel. Slack's own signs are escaped by its rules. What its server,
/// or Mattermost and others after it, would find by themselves (addresses, names with dots, <c>@here</c>, links of Markdown) is parted by a space of no width, so that it reads as it was and is found by nobody.
/// </summary>
internal static class SlackText
{
    private const char NoWidth = '\u200b';

    public static string Of(string text)
    {
        var written = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var sign = text[i];
            _ = sign switch { '&' => written.Append("&amp;"), '<' => written.Append("&lt;"), '>' => written.Append("&gt;"), _ => written.Append(sign) };
            if (IsParted(sign, i > 0 ? text[i - 1] : ' ', i + 1 < text.Length ? text[i + 1] : ' ')) written.Append(NoWidth);
        }

        return written.ToString();
    }

    /// <summary>A point parts names of a host where a letter follows; between digits it is a number's.</summary>
    private static bool IsParted(char sign, char before, char next) => sign switch
    {
        '@' => !char.IsWhiteSpace(next),
        ':' => next == '/',
        '.' => char.IsLetterOrDigit(before) && char.IsLetter(next),
        ']' => next is '(' or '[' or ':',
        _ => false,
    };
}
