using System.Buffers.Text;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// What a database of JSON cannot hold, U+0000 and halves of surrogate pairs, is shown as U+FFFD: Label Studio would answer each request that has one with an error of its own, and nobody could say of which record.
/// Both are escapes of six bytes, so places within a text stay as they are. The record itself is not touched.
/// </summary>
internal static class ShownText
{
    private const int Escape = 6;

    /// <summary>Replaces them in valid JSON, in place.</summary>
    public static void Mend(Span<byte> json)
    {
        for (var i = json.IndexOf((byte)'\\'); i >= 0 && i + 1 < json.Length;)
        {
            i += json[i + 1] == 'u' ? MendOne(json[i..]) : 2;
            var next = i < json.Length ? json[i..].IndexOf((byte)'\\') : -1;
            i = next < 0 ? -1 : i + next;
        }
    }

    /// <summary>Mends what begins with an escape; returns how many bytes are done.</summary>
    private static int MendOne(Span<byte> json)
    {
        var unit = Unit(json);
        if (unit is >= 0xD800 and <= 0xDBFF && json.Length >= 2 * Escape && json[Escape..].StartsWith("\\u"u8) && Unit(json[Escape..]) is >= 0xDC00 and <= 0xDFFF) return 2 * Escape;
        if (unit is 0 or (>= 0xD800 and <= 0xDFFF)) "\\ufffd"u8.CopyTo(json);
        return Escape;
    }

    private static int Unit(ReadOnlySpan<byte> escape) => Utf8Parser.TryParse(escape[2..Escape], out int unit, out _, 'x') ? unit : throw new FormatException("An escape is four hexadecimal digits.");
}
