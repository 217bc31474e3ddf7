using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>
/// A key as it is written: <c>dsk_</c>, the tenant (base64url of its UTF-8), <c>_</c>, 43 characters of chance (256 bits) and six of a checksum. The prefix is for scanners that look
/// for leaked secrets; the checksum lets them, and us, tell a key from what looks like one without asking anybody. The tenant is in it so that it can be looked up behind that tenant's wall.
/// </summary>
internal static class ApiKeyText
{
    public const string Prefix = "dsk_";

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int Secret = 43, Check = 6, Shortest = 4 + 2 + 1 + Secret + Check, Longest = 4 + 1360 + 1 + Secret + Check;

    private static readonly SearchValues<char> Chance = SearchValues.Create(Digits);
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>A new key of a tenant.</summary>
    public static string New(string tenantId)
        => WithChecksum($"{Prefix}{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(tenantId))}_{RandomNumberGenerator.GetString(Digits, Secret)}");

    /// <summary>The text and its checksum, which anybody can reckon: it is against mistakes, not against makers of keys.</summary>
    public static string WithChecksum(string text) => text + ChecksumOf(text);

    /// <summary>False where no key is written like this; else the tenant it says it is of.</summary>
    public static bool TryRead(string text, out string tenantId)
    {
        tenantId = "";
        if (text.Length is < Shortest or > Longest || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (text[^(Secret + Check + 1)] != '_' || text.AsSpan()[^(Secret + Check)..].ContainsAnyExcept(Chance)) return false;
        if (!text.AsSpan()[^Check..].SequenceEqual(ChecksumOf(text[..^Check]))) return false;
        var named = text[Prefix.Length..^(Secret + Check + 1)];
        if (!Base64Url.IsValid(named)) return false;
        try
        {
            tenantId = Strict.GetString(Base64Url.DecodeFromChars(named));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            return false;
        }

        return Identifier.IsValid(tenantId);
    }

    /// <summary>
    /// What is kept of a key. A fast hash is the right one: a slow one makes up for passwords that can be guessed, and nobody guesses 256 bits of chance; it would only cost every request.
    /// </summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>What may be shown of a key: its checksum, which tells 32 of its 256 bits at most.</summary>
    public static string HintOf(string text) => text[^Check..];

    private static string ChecksumOf(string text)
    {
        var rest = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes("checksum:" + text)));
        Span<char> digits = stackalloc char[Check];
        for (var i = Check - 1; i >= 0; i--, rest /= (uint)Digits.Length) digits[i] = Digits[(int)(rest % (uint)Digits.Length)];
        return new string(digits);
    }
}
