using System.Collections.Frozen;

namespace DataSync.Pipeline.Documents.Schemas.Formats;

/// <summary>Whether a text is of a format, by the format's own document and no more leniently.</summary>
internal delegate bool IsOfFormat(ReadOnlySpan<char> text);

/// <summary>The formats that are looked at. Any other would be passed over, and is refused with the schema.</summary>
internal static class TextFormats
{
    private static readonly FrozenDictionary<string, IsOfFormat> Known = new Dictionary<string, IsOfFormat>(StringComparer.Ordinal)
    {
        ["date"] = TimeFormats.IsDate,
        ["date-time"] = TimeFormats.IsDateTime,
        ["email"] = NetworkFormats.IsEmail,
        ["hostname"] = NetworkFormats.IsHostname,
        ["ipv4"] = NetworkFormats.IsIpv4,
        ["ipv6"] = NetworkFormats.IsIpv6,
        ["time"] = TimeFormats.IsTime,
        ["uri"] = UriFormat.IsUri,
        ["uuid"] = IsUuid,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IReadOnlyList<string> Names { get; } = [.. Known.Keys.Order(StringComparer.Ordinal)];

    public static IsOfFormat? Of(string name) => Known.GetValueOrDefault(name);

    /// <summary>RFC 4122: 8, 4, 4, 4 and 12 hexadecimal digits, in no braces.</summary>
    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        if (text.Length != 36) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i])) return false;
        }

        return true;
    }
}
