using System.Buffers.Text;

namespace DataSync.Pipeline.Documents;

/// <summary>Escapes of JSON that are no character: halves of surrogate pairs, and where it is asked for U+0000, which no text of PostgreSQL holds. U+FFFD is as long, so places within a text stay as they are.</summary>
internal static class HalfEscapes
{
    private const int Length = 6;

    /// <summary>Puts U+FFFD in their place.</summary>
    public static void Mend(Span<byte> json, bool alsoNul = false)
    {
        for (var at = Next(json, 0, alsoNul); at >= 0; at = Next(json, at + Length, alsoNul)) "fffd"u8.CopyTo(json[(at + 2)..]);
    }

    /// <summary>Where the next one stands, from an index on; -1 for none. Backslashes stand in strings only.</summary>
    public static int Next(ReadOnlySpan<byte> json, int from, bool alsoNul = false)
    {
        while (json[from..].IndexOf((byte)'\\') is var found and >= 0)
        {
            from += found;
            if (UnitAt(json, from) is not { } unit)
            {
                from = Math.Min(from + 2, json.Length);
                continue;
            }

            if (unit == 0 && alsoNul) return from;
            if (!char.IsSurrogate(unit)) from += Length;
            else if (char.IsHighSurrogate(unit) && UnitAt(json, from + Length) is { } low && char.IsLowSurrogate(low)) from += 2 * Length;
            else return from;
        }

        return -1;
    }

    /// <summary>The code unit that is escaped at a place; null where there is no such escape.</summary>
    private static char? UnitAt(ReadOnlySpan<byte> json, int at)
        => json.Length >= at + Length && json[at] == (byte)'\\' && json[at + 1] == (byte)'u' && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out var used, 'x') && used == 4 ? (char)unit : null;
}
