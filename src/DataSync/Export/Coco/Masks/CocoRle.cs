using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Regions;

namespace DataSync.Export.Coco.Masks;

/// <summary>
/// A mask as COCO writes it: the lengths of runs of unset and set pixels in turn, column by column from the left, the first run unset. Its compressed text
/// says each length as the difference to the one before the last, in characters of five bits.
/// </summary>
/// <param name="Height">Pixels down.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Runs">The lengths.</param>
internal sealed record CocoRle(int Height, int Width, IReadOnlyList<uint> Runs)
{
    /// <summary>Runs of the largest mask that is made: what people draw has thousands, every second pixel of a large image would have gigabytes.</summary>
    public const int MostRuns = 4_000_000;

    /// <summary>Set pixels.</summary>
    public long Area => Runs.Where((_, i) => i % 2 == 1).Sum(r => (long)r);

    /// <summary>The smallest box with all set pixels.</summary>
    public Shapes.Box Box()
    {
        var (left, right, top, bottom, at) = (long.MaxValue, -1L, (long)Height, -1L, 0L);
        for (var i = 0; i < Runs.Count; i++)
        {
            var (first, last) = (at, at + Runs[i] - 1);
            at += Runs[i];
            if (i % 2 == 0 || last < first) continue;
            left = Math.Min(left, first / Height);
            right = Math.Max(right, last / Height);

            // A run over several columns touches the last pixel of one and the first of the next.
            var spans = first / Height != last / Height;
            top = spans ? 0 : Math.Min(top, first % Height);
            bottom = spans ? Height - 1 : Math.Max(bottom, last % Height);
        }

        return right < 0 ? default : new Shapes.Box(left, top, right - left + 1, bottom - top + 1);
    }

    /// <summary>The compressed text.</summary>
    public string Text()
    {
        var text = new StringBuilder(Runs.Count * 2);
        for (var i = 0; i < Runs.Count; i++)
        {
            var rest = (long)Runs[i] - (i > 2 ? Runs[i - 2] : 0);
            for (var more = true; more;)
            {
                var bits = (int)(rest & 0x1f);
                rest >>= 5;
                more = (bits & 0x10) != 0 ? rest != -1 : rest != 0;
                text.Append((char)((more ? bits | 0x20 : bits) + 48));
            }
        }

        return text.ToString();
    }

    /// <summary>Reads <see cref="Text"/>; null where it is no such text, or not of so many pixels.</summary>
    public static CocoRle? Parse(string text, int height, int width)
    {
        var runs = new List<uint>();
        for (var at = 0; at < text.Length;)
        {
            var (value, shift, more) = (0L, 0, true);
            while (more)
            {
                if (at == text.Length || shift > 35 || text[at] - 48 is < 0 or > 63) return null;
                var bits = text[at++] - 48;
                value |= (long)(bits & 0x1f) << shift;
                more = (bits & 0x20) != 0;
                shift += 5;
                if (!more && (bits & 0x10) != 0) value |= -1L << shift;
            }

            if (runs.Count > 2) value += runs[^2];
            if (value is < 0 or > uint.MaxValue) return null;
            runs.Add((uint)value);
        }

        return Of(height, width, runs);
    }

    /// <summary>Reads <c>counts</c>, as text or as a list of lengths; null where it is neither, or not of so many pixels.</summary>
    public static CocoRle? Read(JsonElement counts, int height, int width)
        => counts.Text() is { } text ? Parse(text, height, width)
            : counts.Numbers() is { } runs && runs.All(r => r is >= 0 and <= uint.MaxValue && r == Math.Floor(r)) ? Of(height, width, [.. runs.Select(r => (uint)r)]) : null;

    /// <summary>A mask of runs that are as many pixels as it has; null where they are not.</summary>
    public static CocoRle? Of(int height, int width, IReadOnlyList<uint> runs)
        => height > 0 && width > 0 && runs.Sum(r => (long)r) == (long)height * width ? new CocoRle(height, width, runs) : null;
}
