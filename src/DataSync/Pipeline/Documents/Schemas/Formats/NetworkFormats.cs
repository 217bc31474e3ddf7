using System.Globalization;

namespace DataSync.Pipeline.Documents.Schemas.Formats;

/// <summary>Names and addresses of machines and mailboxes, in ASCII. Nothing is looked up.</summary>
internal static class NetworkFormats
{
    private const string Atom = "!#$%&'*+-/=?^_`{|}~";
    private const int LongestHost = 253, LongestLabel = 63, LongestLocal = 64;

    /// <summary>RFC 1123: labels of letters, digits and inner hyphens; one that begins with <c>xn--</c> must be a name in another script.</summary>
    public static bool IsHostname(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LongestHost) return false;
        foreach (var range in text.Split('.'))
        {
            if (!IsLabel(text[range])) return false;
        }

        return true;
    }

    /// <summary>Four numbers to 255, with no digit too many: others read 010 as 8.</summary>
    public static bool IsIpv4(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            parts++;
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0') || int.Parse(part, CultureInfo.InvariantCulture) > 255) return false;
        }

        return parts == 4;
    }

    /// <summary>RFC 4291, without a zone, brackets or a prefix' length.</summary>
    public static bool IsIpv6(ReadOnlySpan<char> text)
    {
        var tail = text.LastIndexOf(':');
        if (tail < 0) return false;
        if (text.Contains('.'))
        {
            if (!IsIpv4(text[(tail + 1)..])) return false;
            text = $"{text[..(tail + 1)]}0:0";
        }

        var gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0) return Groups(text) == 8;
        return Groups(text[..gap]) is >= 0 and var before && Groups(text[(gap + 2)..]) is >= 0 and var after && before + after <= 7;
    }

    /// <summary>RFC 5321: what stands before the last <c>@</c> is a row of atoms or a quoted text, behind it a host or an address in brackets.</summary>
    public static bool IsEmail(ReadOnlySpan<char> text)
    {
        var at = text.LastIndexOf('@');
        if (at is < 1 or > LongestLocal || !IsLocal(text[..at])) return false;
        var host = text[(at + 1)..];
        if (host is not ['[', .. var address, ']']) return IsHostname(host);
        return address.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? IsIpv6(address[5..]) : IsIpv4(address);
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-') return false;
        foreach (var sign in label)
        {
            if (!char.IsAsciiLetterOrDigit(sign) && sign != '-') return false;
        }

        return !label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase) || ForeignLabel.IsValid(label);
    }

    /// <summary>How many groups of hexadecimal digits there are between single colons; -1 where something else is.</summary>
    private static int Groups(ReadOnlySpan<char> text)
    {
        if (text.Length == 0) return 0;
        var groups = 0;
        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            groups++;
            if (group.Length is 0 or > 4) return -1;
            foreach (var digit in group)
            {
                if (!char.IsAsciiHexDigit(digit)) return -1;
            }
        }

        return groups;
    }

    private static bool IsLocal(ReadOnlySpan<char> local)
    {
        if (local is ['"', .. var quoted, '"']) return IsQuoted(quoted);
        foreach (var range in local.Split('.'))
        {
            var atom = local[range];
            if (atom.Length == 0) return false;
            foreach (var sign in atom)
            {
                if (!char.IsAsciiLetterOrDigit(sign) && !Atom.Contains(sign, StringComparison.Ordinal)) return false;
            }
        }

        return true;
    }

    private static bool IsQuoted(ReadOnlySpan<char> quoted)
    {
        for (var at = 0; at < quoted.Length; at++)
        {
            if (quoted[at] == '"' || (quoted[at] == '\\' && ++at == quoted.Length) || quoted[at] is < ' ' or > '~') return false;
        }

        return true;
    }
}
