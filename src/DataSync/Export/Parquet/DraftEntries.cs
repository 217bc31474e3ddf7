using System.Buffers.Binary;

namespace DataSync.Export.Parquet;

/// <summary>Reads the entries of a <see cref="ColumnDraft"/>.</summary>
/// <param name="bytes">The draft's bytes.</param>
internal ref struct DraftEntries(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at, _nextRow, _row, _start, _length;
    private EntryKind _kind;

    /// <summary>The entry's row within its row group.</summary>
    public readonly int Row => _row;

    public readonly EntryKind Kind => _kind;

    /// <summary>Bytes of the value; eight for an integer and a double, none for true and false.</summary>
    public readonly ReadOnlySpan<byte> Value => _bytes.Slice(_start, _length);

    /// <summary>The value of an entry of kind <see cref="EntryKind.Int64"/>.</summary>
    public readonly long Int64 => BinaryPrimitives.ReadInt64LittleEndian(Value);

    /// <summary>The value of an entry of kind <see cref="EntryKind.Double"/>.</summary>
    public readonly double Double => BinaryPrimitives.ReadDoubleLittleEndian(Value);

    /// <summary>Goes to the next entry; false behind the last.</summary>
    public bool Read()
    {
        var at = _at;
        if (at == _bytes.Length) return false;
        _kind = (EntryKind)_bytes[at++];
        _row = _nextRow + Count(ref at);
        _nextRow = _row + 1;
        _length = _kind switch
        {
            EntryKind.Int64 or EntryKind.Double => sizeof(long),
            EntryKind.True or EntryKind.False => 0,
            _ => Count(ref at),
        };
        _start = at;
        _at = at + _length;
        return true;
    }

    /// <summary>Most counts are of one byte.</summary>
    private readonly int Count(ref int at)
    {
        int first = _bytes[at++];
        return first < 0x80 ? first : Longer(first & 0x7F, ref at);
    }

    private readonly int Longer(int count, ref int at)
    {
        var shift = 7;
        for (; _bytes[at] >= 0x80; at++, shift += 7) count |= (_bytes[at] & 0x7F) << shift;
        return count | (_bytes[at++] << shift);
    }
}
