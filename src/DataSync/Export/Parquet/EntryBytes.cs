using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using DataSync.Export.Parquet.Format;
using DataSync.Export.Records;

namespace DataSync.Export.Parquet;

/// <summary>An entry's value as Parquet's encoding PLAIN has it, by type. Each method writes one and returns how many bytes that took.</summary>
internal static class EntryBytes
{
    /// <summary>A byte; the page makes bits of them.</summary>
    public static int Boolean(ref DraftEntries entry, Span<byte> target)
    {
        target[0] = entry.Kind == EntryKind.True ? (byte)1 : (byte)0;
        return 1;
    }

    public static int Int64(ref DraftEntries entry, Span<byte> target)
    {
        entry.Value.CopyTo(target);
        return sizeof(long);
    }

    public static int Double(ref DraftEntries entry, Span<byte> target)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(target, entry.Kind switch
        {
            EntryKind.Double => entry.Double,
            EntryKind.Int64 => entry.Int64,
            _ => double.Parse(entry.Value, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
        return sizeof(double);
    }

    /// <summary>The digits as one integer.</summary>
    public static int Decimal(ref DraftEntries entry, Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, entry.Kind == EntryKind.Int64 ? entry.Int64 : (long)Digits(entry.Value));
        return sizeof(long);
    }

    /// <summary>The same, too large for 64 bits, most significant byte first.</summary>
    public static int WideDecimal(ref DraftEntries entry, Span<byte> target)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, entry.Kind == EntryKind.Int64 ? entry.Int64 : Digits(entry.Value));
        bytes[^ParquetColumn.WideBytes..].CopyTo(target);
        return ParquetColumn.WideBytes;
    }

    /// <summary>A string's text.</summary>
    public static int Text(ref DraftEntries entry, Span<byte> target)
    {
        var length = entry.Value.Length;
        if (entry.Kind == EntryKind.Text) entry.Value.CopyTo(target[sizeof(int)..]);
        else length = JsonText.Unescape(entry.Value, target[sizeof(int)..]);
        return Finish(target, length);
    }

    /// <summary>The JSON of any value, as it stood in its record.</summary>
    public static int Json(ref DraftEntries entry, Span<byte> target)
    {
        var text = target[sizeof(int)..];
        var length = entry.Value.Length;
        switch (entry.Kind)
        {
            case EntryKind.Int64:
                Utf8Formatter.TryFormat(entry.Int64, text, out length);
                break;
            case EntryKind.Double:
                entry.Double.TryFormat(text, out length, "R", CultureInfo.InvariantCulture);
                break;
            case EntryKind.True:
                "true"u8.CopyTo(text);
                length = 4;
                break;
            case EntryKind.False:
                "false"u8.CopyTo(text);
                length = 5;
                break;
            case EntryKind.Text or EntryKind.EscapedText:
                (text[0], text[length + 1]) = ((byte)'"', (byte)'"');
                entry.Value.CopyTo(text[1..]);
                length += 2;
                break;
            default:
                entry.Value.CopyTo(text);
                break;
        }

        return Finish(target, length);
    }

    private static int Finish(Span<byte> target, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        return length + sizeof(int);
    }

    /// <summary>All digits of a literal that is digits and a point: the value times ten to the power of the column's scale.</summary>
    private static Int128 Digits(ReadOnlySpan<byte> literal)
    {
        var negative = literal[0] == (byte)'-';
        var (high, low, count) = ((Int128)0, 0L, 0);
        foreach (var digit in literal[(negative ? 1 : 0)..])
        {
            if (digit == (byte)'.') continue;
            low = (low * 10) + (digit - '0');
            if (++count != ParquetColumn.DigitsOfInt64) continue;
            (high, low) = (low, 0);
        }

        var value = count > ParquetColumn.DigitsOfInt64 ? (high * Power(count - ParquetColumn.DigitsOfInt64)) + low : count == ParquetColumn.DigitsOfInt64 ? high : low;
        return negative ? -value : value;
    }

    private static Int128 Power(int exponent)
    {
        var power = (Int128)1;
        for (; exponent > 0; exponent--) power *= 10;
        return power;
    }
}
