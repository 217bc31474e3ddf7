namespace DataSync.Export.Coco.Masks;

/// <summary>A mask of one bit a pixel, written row by row, as Label Studio has it, and read column by column, as COCO wants it.</summary>
internal sealed class MaskBits(int width, int height)
{
    private readonly ulong[] _bits = new ulong[((long)width * height + 63) / 64];

    /// <summary>Sets pixels in the order of rows.</summary>
    public void Set(long first, long count)
    {
        for (var at = first; at < first + count;)
        {
            if (at % 64 == 0 && first + count - at >= 64)
            {
                _bits[at / 64] = ulong.MaxValue;
                at += 64;
                continue;
            }

            _bits[at / 64] |= 1UL << (int)(at % 64);
            at++;
        }
    }

    /// <summary>The runs by columns, for an image of this size or another: a pixel of that is set where the pixel below its centre is. Null where they are more than <see cref="CocoRle.MostRuns"/>.</summary>
    public CocoRle? ToRle(int across, int down)
    {
        var runs = new List<uint>();
        var (set, length) = (false, 0u);
        for (var x = 0; x < across; x++)
        {
            var column = Below(x, across, width);
            for (var y = 0; y < down; y++)
            {
                var at = (Below(y, down, height) * width) + column;
                var isSet = (_bits[at / 64] & (1UL << (int)(at % 64))) != 0;
                if (isSet == set)
                {
                    length++;
                    continue;
                }

                if (runs.Count == CocoRle.MostRuns) return null;
                runs.Add(length);
                (set, length) = (isSet, 1);
            }
        }

        runs.Add(length);
        return new CocoRle(down, across, runs);
    }

    /// <summary>The pixel of a side below the centre of a pixel of another.</summary>
    private static long Below(int pixel, int of, int side) => of == side ? pixel : ((2L * pixel) + 1) * side / (2L * of);
}
