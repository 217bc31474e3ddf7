using System.Buffers.Binary;

namespace DataSync.Export.Parquet;

/// <summary>
/// A column's values in one row group, before its type is known: an entry a value, with its kind, how many rows before it have none, and its bytes as the
/// record had them. Integers of 64 bits, and numbers that are spelled as their double is, are entries of eight bytes: their digits follow from their value.
/// </summary>
internal sealed class ColumnDraft
{
    private byte[] _bytes = [];
    private int _length;
    private int _nextRow;

    public int Length => _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Adds true or false.</summary>
    public void Add(int row, EntryKind kind) => Head(row, kind, 0);

    /// <summary>Adds a value with its bytes.</summary>
    public void Add(int row, EntryKind kind, ReadOnlySpan<byte> value)
    {
        Head(row, kind, value.Length + 5);
        WriteCount(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Adds an integer.</summary>
    public void Add(int row, long value)
    {
        Head(row, EntryKind.Int64, sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
        _length += sizeof(long);
    }

    /// <summary>Adds a number that is spelled as its double is.</summary>
    public void Add(int row, double value)
    {
        Head(row, EntryKind.Double, sizeof(double));
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.AsSpan(_length), value);
        _length += sizeof(double);
    }

    /// <summary>Begins the next row group. A buffer that one huge value made is not kept.</summary>
    public void Clear()
    {
        if (_bytes.Length > 4 * 1024 * 1024 && _length < _bytes.Length / 4) _bytes = [];
        (_length, _nextRow) = (0, 0);
    }

    private void Head(int row, EntryKind kind, int more)
    {
        if (_bytes.Length - _length < more + 6) Array.Resize(ref _bytes, Math.Max(Math.Max(_length + more + 6, 256), (int)Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        _bytes[_length++] = (byte)kind;
        WriteCount(row - _nextRow);
        _nextRow = row + 1;
    }

    private void WriteCount(int count)
    {
        for (; count >= 0x80; count >>= 7) _bytes[_length++] = (byte)(count | 0x80);
        _bytes[_length++] = (byte)count;
    }
}

/// <summary>What an entry of a draft is.</summary>
internal enum EntryKind : byte
{
    /// <summary>An integer, as eight bytes.</summary>
    Int64,

    /// <summary>A number that is spelled as its double is, as eight bytes.</summary>
    Double,

    /// <summary>Any other number, as its literal.</summary>
    Number,
    True,
    False,

    /// <summary>A string whose bytes are its text.</summary>
    Text,

    /// <summary>A string with escapes to take out.</summary>
    EscapedText,

    /// <summary>An array or an empty object, as it stands.</summary>
    Json,
}
