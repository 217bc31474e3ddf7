namespace DataSync.Export.Coco.Masks;

/// <summary>
/// Label Studio's masks: a stream of bits, most significant first: 32 for the number of values (four a pixel, of which the last, alpha, is the mask), 5 for a value's
/// size less one, four times 4 for the sizes of run lengths less one; then runs: one bit (the same value again and again, or values one by one), two for which size,
/// the length less one, and one value or as many as the length says.
/// </summary>
internal static class BrushRle
{
    /// <summary>Pixels of the largest mask that is decoded: a bit each is 16 MB.</summary>
    public const long MostPixels = 128L * 1024 * 1024;

    /// <summary>Decodes a mask; null where it is broken or not of an image of this size.</summary>
    public static CocoRle? Decode(ReadOnlySpan<byte> rle, int width, int height) => Decode(rle, width, height, width, height);

    /// <summary>Decodes a mask drawn on an image of one size for the same image of another; null where it is broken, not of the first size, or too finely torn.</summary>
    public static CocoRle? Decode(ReadOnlySpan<byte> rle, int width, int height, int across, int down)
    {
        if (width <= 0 || height <= 0 || (long)width * height > MostPixels || across <= 0 || down <= 0 || (long)across * down > MostPixels) return null;
        var bits = new BitReader(rle);
        long values = bits.Read(32);
        var valueSize = (int)bits.Read(5) + 1;
        Span<int> sizes = stackalloc int[4];
        foreach (ref var size in sizes) size = (int)bits.Read(4) + 1;
        if (values != 4L * width * height || bits.IsOver) return null;
        var mask = new MaskBits(width, height);
        for (var at = 0L; at < values;)
        {
            var isRun = bits.Read(1) == 1;
            var length = (long)bits.Read(sizes[(int)bits.Read(2)]) + 1;
            if (bits.IsOver || at + length > values) return null;
            if (isRun) SetRun(mask, at, length, bits.Read(valueSize));
            else for (var i = at; i < at + length; i++) SetRun(mask, i, 1, bits.Read(valueSize));
            at += length;
        }

        return bits.IsOver ? null : mask.ToRle(across, down);
    }

    /// <summary>Of values in a row, each fourth is a pixel's alpha.</summary>
    private static void SetRun(MaskBits mask, long first, long count, uint value)
    {
        if (value == 0) return;
        var (from, to) = (first / 4, (first + count) / 4);
        if (to > from) mask.Set(from, to - from);
    }

    private ref struct BitReader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private long _at;

        /// <summary>More was read than there is.</summary>
        public bool IsOver => _at > _bytes.Length * 8L;

        public uint Read(int count)
        {
            var value = 0u;
            for (; count > 0; count--, _at++)
            {
                var isSet = _at < _bytes.Length * 8L && (_bytes[(int)(_at / 8)] & (0x80 >> (int)(_at % 8))) != 0;
                value = (value << 1) | (isSet ? 1u : 0u);
            }

            return value;
        }
    }
}
