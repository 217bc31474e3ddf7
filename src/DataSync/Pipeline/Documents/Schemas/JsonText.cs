using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>A JSON text or name in the clear, without a string being made of it. Half of a surrogate pair, which is no text elsewhere, is kept as it is.</summary>
/// <remarks>Made of what stands between the quotes; a buffer that is too short is replaced by a rented one.</remarks>
internal ref struct JsonText
{
    private char[]? _rented;

    public JsonText(ReadOnlySpan<byte> raw, Span<char> buffer)
    {
        if (buffer.Length < raw.Length) buffer = _rented = ArrayPool<char>.Shared.Rent(raw.Length);
        Span = buffer[..Decode(raw, buffer)];
    }

    public ReadOnlySpan<char> Span { get; }

    /// <summary>Code points of what stands between the quotes: an emoji is one, whether it is escaped or not.</summary>
    public static int CodePoints(ReadOnlySpan<byte> raw)
    {
        var count = 0;
        for (var at = 0; at < raw.Length; at++)
        {
            if ((raw[at] & 0xC0) == 0x80) continue;
            count++;
            if (raw[at] != '\\') continue;
            var isHigh = raw[at + 1] == 'u' && char.IsHighSurrogate(Unit(raw, at));
            at += raw[at + 1] == 'u' ? 5 : 1;
            if (isHigh && IsUnit(raw, at + 1) && char.IsLowSurrogate(Unit(raw, at + 1))) at += 6;
        }

        return count;
    }

    public void Dispose()
    {
        if (_rented is not null) ArrayPool<char>.Shared.Return(_rented);
        _rented = null;
    }

    private static int Decode(ReadOnlySpan<byte> raw, Span<char> to)
    {
        var length = 0;
        while (raw.Length > 0)
        {
            var plain = raw.IndexOf((byte)'\\') is >= 0 and var at ? at : raw.Length;
            length += Encoding.UTF8.GetChars(raw[..plain], to[length..]);
            raw = raw[plain..];
            if (raw.Length == 0) break;
            to[length++] = raw[1] switch { (byte)'u' => Unit(raw, 0), (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', (byte)'b' => '\b', (byte)'f' => '\f', var same => (char)same };
            raw = raw[(raw[1] == 'u' ? 6 : 2)..];
        }

        return length;
    }

    private static bool IsUnit(ReadOnlySpan<byte> raw, int at) => at + 6 <= raw.Length && raw[at] == '\\' && raw[at + 1] == 'u';

    private static char Unit(ReadOnlySpan<byte> raw, int at) => (char)ushort.Parse(raw.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
