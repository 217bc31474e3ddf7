using System.Buffers;
using System.Globalization;
using System.Text;
using DataSync.Pipeline.Documents.Schemas.Formats;

namespace DataSync.Extract.Push.Signatures;

/// <summary>Reads the texts that signatures, times and ids come as. Strict, and in no culture.</summary>
internal static class SignatureText
{
    private const int LongestId = 255;

    /// <summary>32 bytes in hex; null for anything else.</summary>
    public static byte[]? Hex(ReadOnlySpan<char> text)
    {
        var bytes = new byte[32];
        return text.Length == 64 && Convert.FromHexString(text, bytes, out _, out var written) == OperationStatus.Done && written == 32 ? bytes : null;
    }

    /// <summary>32 bytes in base64; null for anything else.</summary>
    public static byte[]? Base64(ReadOnlySpan<char> text)
    {
        var bytes = new byte[32];
        return text.Length == 44 && Convert.TryFromBase64Chars(text, bytes, out var written) && written == 32 ? bytes : null;
    }

    /// <summary>32 bytes in base64 as addresses have it, padded or not; null for anything else.</summary>
    public static byte[]? Base64Url(ReadOnlySpan<char> text)
    {
        var bytes = new byte[32];
        return text.Length is 43 or 44 && System.Buffers.Text.Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == 32 ? bytes : null;
    }

    /// <summary>What comes behind the prefix in the one entry that begins with it; null where there are none or two.</summary>
    public static string? Only(string? header, SearchValues<char> separators, string prefix)
    {
        string? only = null;
        foreach (var range in header.AsSpan().SplitAny(separators))
        {
            var entry = header.AsSpan()[range].Trim();
            if (!entry.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (only is not null) return null;
            only = entry[prefix.Length..].ToString();
        }

        return only;
    }

    /// <summary>The signatures in a list; an entry that is none spoils no other.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="separators">What stands between entries.</param>
    /// <param name="prefix">What every signature begins with.</param>
    /// <param name="decode">Reads what comes behind it.</param>
    public static IReadOnlyList<byte[]> List(string? header, SearchValues<char> separators, string prefix, Func<string, byte[]?> decode)
    {
        if (header is null) return [];
        List<byte[]> found = [];
        foreach (var range in header.AsSpan().SplitAny(separators))
        {
            var entry = header.AsSpan()[range].Trim();
            if (!entry.StartsWith(prefix, StringComparison.Ordinal) || decode(entry[prefix.Length..].ToString()) is not { } signature) continue;
            found.Add(signature);
            if (found.Count == SignatureClaim.MostSignatures) break;
        }

        return found;
    }

    /// <summary>Seconds (or milliseconds) since 1970 in plain digits; null for anything else.</summary>
    public static DateTimeOffset? Unix(string? text, bool milliseconds = false)
    {
        if (text is not { Length: > 0 and <= 15 } || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        if (milliseconds) return number <= 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(number) : null;
        return number <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(number) : null;
    }

    /// <summary>A time in RFC 3339; null for anything else.</summary>
    public static DateTimeOffset? Rfc3339(string? text)
        => text is { Length: <= 40 } && TimeFormats.IsDateTime(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>An id of 1 to 255 printable ASCII characters; null for anything else.</summary>
    public static string? Id(string? text)
        => text is { Length: > 0 and <= LongestId } && text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 ? text : null;

    /// <summary>A header's text as the bytes it came as.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
