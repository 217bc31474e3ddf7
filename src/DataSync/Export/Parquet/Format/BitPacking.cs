using System.Buffers;
using System.Buffers.Binary;

namespace DataSync.Export.Parquet.Format;

/// <summary>Numbers in as few bits as the largest needs: the bit-packed runs of Parquet's encoding RLE.</summary>
internal static class BitPacking
{
    /// <summary>Writes a run of numbers, filled up with zeros to a multiple of eight.</summary>
    /// <param name="target">Where it goes.</param>
    /// <param name="numbers">Each below 2 to the power of <paramref name="width"/>.</param>
    /// <param name="width">Bits of each, at most 24.</param>
    public static void WriteRun(ArrayBufferWriter<byte> target, ReadOnlySpan<int> numbers, int width)
    {
        var groups = (numbers.Length + 7) / 8;
        var bytes = target.GetSpan(5 + (groups * width) + sizeof(ulong));
        var at = WriteVarint(bytes, ((uint)groups << 1) | 1);
        var end = at + (groups * width);
        var (held, bits) = (0UL, 0);
        foreach (var number in numbers)
        {
            held |= (ulong)(uint)number << bits;
            for (bits += width; bits >= 32; bits -= 32, held >>= 32, at += 4) BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], (uint)held);
        }

        bytes[at..end].Clear();
        for (; bits > 0; bits -= 8, held >>= 8) bytes[at++] = (byte)held;
        target.Advance(end);
    }

    /// <summary>Writes a number in groups of seven bits, the lowest first. Returns how many bytes that took.</summary>
    public static int WriteVarint(Span<byte> target, uint value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7) target[at++] = (byte)(value | 0x80);
        target[at++] = (byte)value;
        return at;
    }
}
