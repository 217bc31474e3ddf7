using System.Buffers.Text;
using System.Text;

namespace DataSync.Export.Records;

/// <summary>Takes the escapes out of a JSON string's bytes.</summary>
internal static class JsonText
{
    /// <summary>
    /// Writes the text that <paramref name="escaped"/> (without its quotes) stands for. Never longer than the input. A lone surrogate is no
    /// character and cannot be said in UTF-8: its escape stays as it is written.
    /// </summary>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> text)
    {
        var written = 0;
        while (true)
        {
            var plain = escaped.IndexOf((byte)'\\');
            if (plain < 0) break;
            escaped[..plain].CopyTo(text[written..]);
            written += plain;
            escaped = escaped[plain..];
            if (escaped[1] != (byte)'u')
            {
                text[written++] = Single(escaped[1]);
                escaped = escaped[2..];
                continue;
            }

            var length = 6;
            Rune rune;
            var first = CodeUnit(escaped);
            if (!Rune.TryCreate(first, out rune))
            {
                var hasPair = escaped.Length >= 12 && escaped[6] == (byte)'\\' && escaped[7] == (byte)'u';
                if (!hasPair || !Rune.TryCreate(first, CodeUnit(escaped[6..]), out rune))
                {
                    escaped[..6].CopyTo(text[written..]);
                    written += 6;
                    escaped = escaped[6..];
                    continue;
                }

                length = 12;
            }

            written += rune.EncodeToUtf8(text[written..]);
            escaped = escaped[length..];
        }

        escaped.CopyTo(text[written..]);
        return written + escaped.Length;
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape)
        => Utf8Parser.TryParse(escape.Slice(2, 4), out ushort unit, out var used, 'x') && used == 4 ? (char)unit : throw new FormatException();

    private static byte Single(byte letter) => letter switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => letter,
    };
}
