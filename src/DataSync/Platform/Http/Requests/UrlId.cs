using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace DataSync.Platform.Http.Requests;

/// <summary>
/// An id as one segment of a URL: percent-encoded, or <c>~</c> and the base64url of its UTF-8. The second form is needed for what a path cannot
/// carry (<c>.</c>, <c>..</c>, slashes: servers and proxies normalise them) and for ids that begin with <c>~</c> themselves.
/// </summary>
internal static class UrlId
{
    /// <summary>Characters that stand for themselves in a segment; <c>~</c>, which begins the other form, is not among them.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The segment for an id, for links and <c>Location</c> headers.</summary>
    public static string Encode(string id)
        => id is "." or ".." || id[0] == '~' || id.AsSpan().IndexOfAny('/', '\\') >= 0
            ? "~" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id))
            : Uri.EscapeDataString(id);

    /// <summary>Reads a raw segment; false with the key of the fault if it is no id.</summary>
    public static bool TryDecode(string segment, out string id, out string fault)
    {
        (id, fault) = (segment, "");
        if (segment.Length is > 0 and <= Identifier.MaxCodePoints && !segment.AsSpan().ContainsAnyExcept(Plain)) return true;
        (id, fault) = ("", "faults.id_encoding");
        if (!TryPercentDecode(segment, out var bytes)) return false;
        if (bytes is [(byte)'~', .. var encoded] && !TryBase64Url(encoded, out bytes)) return false;
        try
        {
            id = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        fault = Identifier.Fault(id) ?? "";
        return fault.Length == 0;
    }

    private static bool TryPercentDecode(string segment, out byte[] bytes)
    {
        var raw = Encoding.UTF8.GetBytes(segment);
        bytes = new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                bytes[length++] = raw[i];
                continue;
            }

            if (i + 2 >= raw.Length || !char.IsAsciiHexDigit((char)raw[i + 1]) || !char.IsAsciiHexDigit((char)raw[i + 2])) return false;
            bytes[length++] = (byte)((Hex(raw[i + 1]) << 4) | Hex(raw[i + 2]));
            i += 2;
        }

        Array.Resize(ref bytes, length);
        return true;
    }

    /// <summary>Strict: no padding, no white space, and only the one spelling of each id, so that two URLs are never the same id by accident.</summary>
    private static bool TryBase64Url(byte[] encoded, out byte[] bytes)
    {
        bytes = [];
        if (encoded.AsSpan().IndexOfAny("= \t\r\n"u8) >= 0 || !Base64Url.IsValid(encoded)) return false;
        bytes = Base64Url.DecodeFromUtf8(encoded);
        return Base64Url.EncodeToUtf8(bytes).AsSpan().SequenceEqual(encoded);
    }

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
