using System.Buffers.Binary;

namespace DataSync.Export.Parquet;

/// <summary>Reads the entries of a <see cref="ColumnDraft"/>.</summary>
/// <param name="bytes">The draft's bytes.</param>
internal ref struct DraftEntries(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private int _nextRow;

    /// <summary>The entry's row within its row group.</summary>
    public int Row { get; private set; }

    public EntryKind Kind { get; private set; }

    /// <summary>Bytes of the value; eight for an integer and a double, none for true and false.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value of an entry of kind <see cref="EntryKind.Int64"/>.</summary>
    public readonly long Int64 => BinaryPrimitives.ReadInt64LittleEndian(Value);

    /// <summary>The value of an entry of kind <see cref="EntryKind.Double"/>.</summary>
    public readonly double Double => BinaryPrimitives.ReadDoubleLittleEndian(Value);

    /// <summary>Goes to the next entry; false behind the last.</summary>
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        Kind = (EntryKind)_rest[0];
        _rest = _rest[1..];
        Row = _nextRow + ReadCount();
        _nextRow = Row + 1;
        var length = Kind switch
        {
            EntryKind.Int64 or EntryKind.Double => sizeof(long),
            EntryKind.True or EntryKind.False => 0,
            _ => ReadCount(),
        };
        Value = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    private int ReadCount()
    {
        var (count, shift, at) = (0, 0, 0);
        for (; _rest[at] >= 0x80; at++, shift += 7) count |= (_rest[at] & 0x7F) << shift;
        count |= _rest[at] << shift;
        _rest = _rest[(at + 1)..];
        return count;
    }
}
