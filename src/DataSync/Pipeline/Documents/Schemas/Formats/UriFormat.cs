using System.Buffers;

namespace DataSync.Pipeline.Documents.Schemas.Formats;

/// <summary>An absolute URI by the grammar of RFC 3986: .NET's own reading takes much that is none, and mends it.</summary>
internal static class UriFormat
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");
    private const string Unreserved = "-._~", Delimiters = "!$&'()*+,;=";

    public static bool IsUri(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        if (colon < 1 || !char.IsAsciiLetter(text[0])) return false;
        foreach (var sign in text[1..colon])
        {
            if (!char.IsAsciiLetterOrDigit(sign) && sign is not ('+' or '-' or '.')) return false;
        }

        text = text[(colon + 1)..];
        if (text.IndexOf('#') is >= 0 and var hash)
        {
            if (!IsOf(text[(hash + 1)..], ":@/?")) return false;
            text = text[..hash];
        }

        if (text.IndexOf('?') is >= 0 and var mark)
        {
            if (!IsOf(text[(mark + 1)..], ":@/?")) return false;
            text = text[..mark];
        }

        if (!text.StartsWith("//", StringComparison.Ordinal)) return IsOf(text, ":@/");
        text = text[2..];
        var slash = text.IndexOf('/') is >= 0 and var at ? at : text.Length;
        return IsAuthority(text[..slash]) && IsOf(text[slash..], ":@/");
    }

    private static bool IsAuthority(ReadOnlySpan<char> text)
    {
        if (text.LastIndexOf('@') is >= 0 and var at)
        {
            if (!IsOf(text[..at], ":")) return false;
            text = text[(at + 1)..];
        }

        if (text is ['[', ..])
        {
            var end = text.IndexOf(']');
            return end > 0 && IsLiteral(text[1..end]) && (end + 1 == text.Length || (text[end + 1] == ':' && IsPort(text[(end + 2)..])));
        }

        var colon = text.IndexOf(':') is >= 0 and var found ? found : text.Length;
        return IsOf(text[..colon], "") && (colon == text.Length || IsPort(text[(colon + 1)..]));
    }

    /// <summary>An IPv6 address, or one of a version to come.</summary>
    private static bool IsLiteral(ReadOnlySpan<char> text)
    {
        if (text is not ['v' or 'V', .. var later]) return NetworkFormats.IsIpv6(text);
        var point = later.IndexOf('.');
        return point > 0 && !later[..point].ContainsAnyExcept(Hex) && point + 1 < later.Length && !later.Contains('%') && IsOf(later[(point + 1)..], ":");
    }

    private static bool IsPort(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>Signs that need no escape, those that are named, and escapes that are whole.</summary>
    private static bool IsOf(ReadOnlySpan<char> text, string more)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var sign = text[at];
            if (sign == '%')
            {
                if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2])) return false;
                at += 2;
            }
            else if (!char.IsAsciiLetterOrDigit(sign) && !Unreserved.Contains(sign, StringComparison.Ordinal) && !Delimiters.Contains(sign, StringComparison.Ordinal) && !more.Contains(sign, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
