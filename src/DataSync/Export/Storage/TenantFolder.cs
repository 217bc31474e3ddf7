using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Export.Storage;

/// <summary>
/// Turns a tenant's id (any text) into one folder name that every file system takes, and no two ids into the same, not even where
/// upper and lower case or two Unicode forms of a letter are one. Kept: <c>a-z 0-9 - _</c> and dots inside; every other byte of the UTF-8
/// becomes <c>~</c> and two hex digits. A name that would be too long keeps its beginning and ends in <c>~~</c> and the id's SHA-256.
/// </summary>
internal static class TenantFolder
{
    /// <summary>Longest name; encrypting file systems stop at 143 bytes.</summary>
    public const int LongestName = 128;

    private const int HashDigits = 64;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<byte> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>Device names that Windows shares refuse, alone or before a dot.</summary>
    private static readonly string[] Devices = ["con", "prn", "aux", "nul", "com", "lpt"];

    /// <summary>The folder's name. The id has no lone surrogates.</summary>
    public static string NameOf(string tenantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        var bytes = Utf8.GetBytes(tenantId);
        var name = new StringBuilder(LongestName);
        var escapeFirst = Devices.Any(d => tenantId.StartsWith(d, StringComparison.Ordinal));
        for (var i = 0; i < bytes.Length; i++)
        {
            var insideDot = bytes[i] == (byte)'.' && i > 0 && i < bytes.Length - 1;
            if ((Plain.Contains(bytes[i]) || insideDot) && !(i == 0 && escapeFirst)) name.Append((char)bytes[i]);
            else name.Append('~').Append(Convert.ToHexStringLower(bytes, i, 1));
        }

        return name.Length <= LongestName ? name.ToString() : Shortened(name.ToString(), bytes);
    }

    private static string Shortened(string name, byte[] id)
    {
        var length = LongestName - HashDigits - 2;
        var escape = name.LastIndexOf('~', length - 1);
        if (escape >= 0 && escape + 3 > length) length = escape;
        return string.Concat(name.AsSpan(0, length), "~~", Convert.ToHexStringLower(SHA256.HashData(id)));
    }
}
