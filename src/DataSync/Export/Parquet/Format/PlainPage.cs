using System.Buffers.Binary;

namespace DataSync.Export.Parquet.Format;

/// <summary>
/// A data page in the making: which rows have a value (the definition levels), then the values in encoding PLAIN, one behind the other. Its memory is taken once for
/// a row group, so that adding a value checks and allocates nothing. Reused from column to column.
/// </summary>
internal sealed class PlainPage
{
    /// <summary>Room before the levels for their length (4 bytes) and the head of their run.</summary>
    private const int HeadRoom = 12;

    private byte[] _bytes = [];
    private int[] _ends = [];
    private int _rows, _values, _end;

    /// <summary>Values, which are the rows that are not null.</summary>
    public int Count { get; private set; }

    public int Nulls => _rows - Count;

    /// <summary>The encoded values.</summary>
    public ReadOnlySpan<byte> Values => _bytes.AsSpan(_values, _end - _values);

    /// <summary>One encoded value: of a text, its length and its bytes.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(Start(index), _ends[index] - Start(index));

    /// <summary>Where the next value goes.</summary>
    public Span<byte> Free => _bytes.AsSpan(_end);

    /// <summary>Begins a column.</summary>
    /// <param name="rows">Rows of the row group.</param>
    /// <param name="mostBytes">Bytes of its encoded values at most.</param>
    public void Begin(int rows, int mostBytes)
    {
        (_rows, Count) = (rows, 0);
        _values = _end = HeadRoom + ((rows + 7) / 8);

        // with room to spare: the next row group's column is a little larger, and memory of this size is not given back at once
        if (_bytes.Length < _values + mostBytes) _bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min((_values + (long)mostBytes) * 5 / 4, Array.MaxLength));
        if (_ends.Length < rows) _ends = GC.AllocateUninitializedArray<int>(rows);
        _bytes.AsSpan(HeadRoom, _values - HeadRoom).Clear();
    }

    /// <summary>Takes a value over that was written to <see cref="Free"/>.</summary>
    public void Take(int row, int length)
    {
        _bytes[HeadRoom + (row >> 3)] |= (byte)(1 << (row & 7));
        _end += length;
        _ends[Count++] = _end;
    }

    /// <summary>Replaces the values by bits, one a value: how truth values are encoded.</summary>
    public void PackBits()
    {
        for (var i = 0; i < Count; i++)
        {
            var bit = _bytes[_values + i] & 1;
            if ((i & 7) == 0) _bytes[_values + (i >> 3)] = (byte)bit;
            else _bytes[_values + (i >> 3)] |= (byte)(bit << (i & 7));
        }

        _end = _values + ((Count + 7) / 8);
    }

    /// <summary>The definition levels as the page begins with them: one run where all rows are alike, else a bit a row.</summary>
    public ReadOnlySpan<byte> Levels()
    {
        var start = BodyStart();
        return _bytes.AsSpan(start, _values - start);
    }

    /// <summary>The whole page: levels and values.</summary>
    public ReadOnlySpan<byte> Body()
    {
        var start = BodyStart();
        return _bytes.AsSpan(start, _end - start);
    }

    private int Start(int index) => index == 0 ? _values : _ends[index - 1];

    private int BodyStart()
    {
        var isMixed = Count > 0 && Count < _rows;
        var start = isMixed ? HeadRoom : _values - 1;
        if (!isMixed) _bytes[start] = (byte)(Count > 0 ? 1 : 0);
        var head = isMixed ? ((uint)(_rows + 7) / 8 << 1) | 1 : (uint)_rows << 1;
        Span<byte> varint = stackalloc byte[5];
        var used = BitPacking.WriteVarint(varint, head);
        start -= used;
        varint[..used].CopyTo(_bytes.AsSpan(start));
        start -= sizeof(int);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), _values - start - sizeof(int));
        return start;
    }
}
