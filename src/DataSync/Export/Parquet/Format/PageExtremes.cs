using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DataSync.Export.Parquet.Format;

/// <summary>The smallest and the largest value of a column chunk, encoded, by which readers pass chunks over.</summary>
/// <param name="Least">Empty where it is not told.</param>
/// <param name="Greatest">Empty where it is not told.</param>
internal readonly record struct PageExtremes(ReadOnlyMemory<byte> Least, ReadOnlyMemory<byte> Greatest)
{
    /// <summary>Longer texts are not told: a footer is read whole.</summary>
    private const int MostTextBytes = 64;

    /// <summary>The extremes of encoded values.</summary>
    /// <param name="values">The values, or those of them that are different.</param>
    /// <param name="physical">Their physical type.</param>
    public static PageExtremes Of(ReadOnlySpan<byte> values, int physical) => values.IsEmpty ? default : physical switch
    {
        ParquetColumn.Int64 => OfIntegers(MemoryMarshal.Cast<byte, long>(values)),
        ParquetColumn.Double => OfDoubles(MemoryMarshal.Cast<byte, double>(values)),
        ParquetColumn.ByteArray => OfTexts(values),
        _ => default,
    };

    private static PageExtremes OfIntegers(ReadOnlySpan<long> values)
    {
        var (least, greatest) = (values[0], values[0]);
        foreach (var value in values)
        {
            if (value < least) least = value;
            if (value > greatest) greatest = value;
        }

        return new PageExtremes(Bytes(least), Bytes(greatest));
    }

    /// <summary>The format wants a negative zero below and a positive one above, whichever there was.</summary>
    private static PageExtremes OfDoubles(ReadOnlySpan<double> values)
    {
        var (least, greatest) = (values[0], values[0]);
        foreach (var value in values)
        {
            if (value < least) least = value;
            if (value > greatest) greatest = value;
        }

        return new PageExtremes(Bytes(BitConverter.DoubleToInt64Bits(least == 0 ? -0.0 : least)), Bytes(BitConverter.DoubleToInt64Bits(greatest == 0 ? 0.0 : greatest)));
    }

    private static PageExtremes OfTexts(ReadOnlySpan<byte> values)
    {
        var least = Text(values);
        var greatest = least;
        for (var rest = values; !rest.IsEmpty; rest = rest[(Text(rest).Length + sizeof(int))..])
        {
            var text = Text(rest);
            if (text.SequenceCompareTo(least) < 0) least = text;
            else if (text.SequenceCompareTo(greatest) > 0) greatest = text;
        }

        return least.Length > MostTextBytes || greatest.Length > MostTextBytes ? default : new PageExtremes(least.ToArray(), greatest.ToArray());
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> values) => values.Slice(sizeof(int), BinaryPrimitives.ReadInt32LittleEndian(values));

    private static byte[] Bytes(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
