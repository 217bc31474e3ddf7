namespace DataSync.Export.Parquet.Format;

/// <summary>The head of a page, as <see cref="PageWriter"/> writes it.</summary>
/// <param name="Length">Bytes of the head itself.</param>
/// <param name="Plain">Bytes of the page.</param>
/// <param name="Compressed">Bytes of the page as it lies in the file.</param>
internal readonly record struct PageHeader(int Length, int Plain, int Compressed)
{
    /// <summary>Thrift's head of an Int32 field that follows the one before.</summary>
    private const byte NextInt32 = 0x15;

    /// <summary>Reads the head that some bytes begin with; null where they are the file's footer. Throws <see cref="InvalidDataException"/> where they are neither.</summary>
    public static PageHeader? Read(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        Span<int> numbers = stackalloc int[3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (Next(bytes, ref at) != NextInt32) return i == 1 ? null : throw new InvalidDataException();
            numbers[i] = Number(bytes, ref at);
        }

        // a struct of numbers, and the ends of both
        Next(bytes, ref at);
        while (Next(bytes, ref at) != 0) Number(bytes, ref at);
        if (Next(bytes, ref at) != 0 || numbers[1] < 0 || numbers[2] < 0) throw new InvalidDataException();
        return new PageHeader(at, numbers[1], numbers[2]);
    }

    private static byte Next(ReadOnlySpan<byte> bytes, ref int at) => at < bytes.Length ? bytes[at++] : throw new InvalidDataException();

    private static int Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0u;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Next(bytes, ref at);
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return (int)(value >> 1) ^ -(int)(value & 1);
        }

        throw new InvalidDataException();
    }
}
