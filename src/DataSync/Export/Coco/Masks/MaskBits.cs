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

    /// <summary>The runs by columns.</summary>
    public CocoRle ToRle()
    {
        var runs = new List<uint>();
        var (set, length) = (false, 0u);
        for (var x = 0; x < width; x++)
        {
            var at = (long)x;
            for (var y = 0; y < height; y++, at += width)
            {
                var isSet = (_bits[at / 64] & (1UL << (int)(at % 64))) != 0;
                if (isSet == set)
                {
                    length++;
                    continue;
                }

                runs.Add(length);
                (set, length) = (isSet, 1);
            }
        }

        runs.Add(length);
        return new CocoRle(height, width, runs);
    }
}
