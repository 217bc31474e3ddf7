namespace DataSync.Tests.Export.Coco;

/// <summary>Writes masks as Label Studio does: four equal values a pixel, row by row, in runs of at most 2^16 and single values.</summary>
internal static class LabelStudioBits
{
    public static byte[] Encode(bool[,] mask)
    {
        var values = Enumerable.Range(0, mask.GetLength(1)).SelectMany(y => Enumerable.Range(0, mask.GetLength(0)).SelectMany(x => Enumerable.Repeat(mask[x, y] ? 255u : 0u, 4))).ToArray();
        var bits = new List<bool>();
        Put(bits, (uint)values.Length, 32);
        Put(bits, 7, 5);
        int[] sizes = [3, 4, 8, 16];
        foreach (var size in sizes) Put(bits, (uint)(size - 1), 4);
        for (var at = 0; at < values.Length;)
        {
            var run = 1;
            while (at + run < values.Length && values[at + run] == values[at] && run < 65536) run++;
            var single = run < 3;
            var length = single ? Math.Min(2, values.Length - at) : run;
            var size = Array.FindIndex(sizes, s => length <= 1 << s);
            bits.Add(!single);
            Put(bits, (uint)size, 2);
            Put(bits, (uint)(length - 1), sizes[size]);
            foreach (var value in single ? values.AsSpan(at, length) : values.AsSpan(at, 1)) Put(bits, value, 8);
            at += length;
        }

        var bytes = new byte[(bits.Count + 7) / 8];
        for (var i = 0; i < bits.Count; i++)
        {
            if (bits[i]) bytes[i / 8] |= (byte)(0x80 >> (i % 8));
        }

        return bytes;
    }

    private static void Put(List<bool> bits, uint value, int count)
    {
        for (var i = count - 1; i >= 0; i--) bits.Add(((value >> i) & 1) == 1);
    }
}
