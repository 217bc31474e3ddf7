using System.Text;

namespace DataSync.Pipeline.Privacy;

/// <summary>
/// A text as files and payloads may write it: as it is, with any of its characters as an escape of JSON (<c>\u0040</c>, <c>\/</c>), with quotes doubled as in CSV, or percent-encoded as in a form.
/// Finds more than it must: it does not ask where a value ends.
/// </summary>
internal sealed class WrittenText
{
    /// <summary>No form of a byte of UTF-8 is longer than an escape.</summary>
    private const int Longest = 6;
    private readonly Rune[] _runes;

    public WrittenText(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        _runes = [.. text.EnumerateRunes()];
        MayBeNumber = text.All(c => char.IsAsciiDigit(c) || c is '-' or '+' or '.' or 'e' or 'E');
        MostBytes = Encoding.UTF8.GetByteCount(text) * Longest;
    }

    /// <summary>Bytes that an occurrence takes at most.</summary>
    public int MostBytes { get; }

    /// <summary>Whether it may be a number, which a format may write as no text.</summary>
    public bool MayBeNumber { get; }

    /// <summary>Whether it stands anywhere in some bytes.</summary>
    public bool IsIn(ReadOnlySpan<byte> bytes)
    {
        Span<byte> first = stackalloc byte[4];
        _runes[0].EncodeToUtf8(first);
        for (var at = 0; at < bytes.Length; at++)
        {
            var next = bytes[at..].IndexOfAny(first[0], (byte)'\\', (byte)'%');
            if (next < 0) return false;
            at += next;
            if (StandsAt(bytes[at..])) return true;
        }

        return false;
    }

    /// <summary>Whether it stands anywhere in a stream, which is read to its end or to the first find.</summary>
    public async Task<bool> IsInAsync(Stream stream, CancellationToken ct)
    {
        var buffer = new byte[Math.Max(128 * 1024, MostBytes * 4)];
        for (var kept = 0; ;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(kept), ct);
            if (read == 0) return kept > 0 && IsIn(buffer.AsSpan(0, kept));
            var filled = kept + read;
            if (filled < buffer.Length / 2)
            {
                kept = filled;
                continue;
            }

            if (IsIn(buffer.AsSpan(0, filled))) return true;
            kept = Math.Min(MostBytes, filled);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }
    }

    private bool StandsAt(ReadOnlySpan<byte> bytes)
    {
        foreach (var rune in _runes)
        {
            var length = LengthOf(rune, bytes);
            if (length == 0) return false;
            bytes = bytes[length..];
        }

        return true;
    }

    /// <summary>Bytes that the character takes at the beginning of some; 0 where it does not stand there.</summary>
    private static int LengthOf(Rune rune, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return 0;
        Span<byte> utf8 = stackalloc byte[4];
        var plain = utf8[..rune.EncodeToUtf8(utf8)];
        if (bytes[0] == (byte)'\\' && Escaped(rune, bytes) is > 0 and var escaped) return escaped;
        if (bytes[0] == (byte)'%' && PercentEncoded(plain, bytes) is > 0 and var encoded) return encoded;
        if (rune.Value == '"' && bytes.StartsWith("\"\""u8)) return 2;
        return bytes.StartsWith(plain) ? plain.Length : 0;
    }

    private static int Escaped(Rune rune, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return 0;
        if (bytes[1] != (byte)'u')
        {
            var meant = bytes[1] switch { (byte)'n' => '\n', (byte)'t' => '\t', (byte)'r' => '\r', (byte)'b' => '\b', (byte)'f' => '\f', (byte)'"' => '"', (byte)'\\' => '\\', (byte)'/' => '/', _ => '\0' };
            return meant != '\0' && rune.Value == meant ? 2 : 0;
        }

        Span<char> units = stackalloc char[2];
        units = units[..rune.EncodeToUtf16(units)];
        for (var i = 0; i < units.Length; i++)
        {
            var escape = bytes.Length >= (i + 1) * 6 ? bytes.Slice(i * 6, 6) : default;
            if (escape.IsEmpty || escape[0] != (byte)'\\' || escape[1] != (byte)'u' || Hex(escape[2..]) != units[i]) return 0;
        }

        return units.Length * 6;
    }

    private static int PercentEncoded(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < plain.Length * 3) return 0;
        for (var i = 0; i < plain.Length; i++)
        {
            if (bytes[i * 3] != (byte)'%' || Hex(bytes.Slice((i * 3) + 1, 2)) != plain[i]) return 0;
        }

        return plain.Length * 3;
    }

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit)) return -1;
            value = (value << 4) | (digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return value;
    }
}
