using System.Runtime.InteropServices;
using DataSync.Extract.Connectors.Odbc.Native;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>A value too long for its room in the block, fetched by itself; none where it is larger than a record may be.</summary>
internal sealed record LongValue(int Row, int Column, byte[]? Bytes);

/// <summary>Where in a row each column's length and value lie, and how many rows a block has.</summary>
internal sealed class BlockLayout
{
    private const int BlockBytes = 512 * 1024, MostRows = 1024;

    public BlockLayout(IReadOnlyList<int> widths)
    {
        (Widths, Offsets) = ([.. widths], new int[widths.Count]);
        for (var i = 0; i < widths.Count; i++)
        {
            Offsets[i] = RowBytes;
            RowBytes += sizeof(long) + ((widths[i] + 7) / 8 * 8);
        }

        Rows = Math.Clamp(BlockBytes / RowBytes, 1, MostRows);
    }

    public int[] Widths { get; }

    /// <summary>Where each column's length stands, from the beginning of its row; the value follows it.</summary>
    public int[] Offsets { get; }

    public int RowBytes { get; }

    public int Rows { get; }
}

/// <summary>Rows as the driver writes them: one after another in memory outside the collector's reach, with room for one more to fetch into.</summary>
internal sealed unsafe class RowBlock : IDisposable
{
    private byte* _memory;
    private nint _size;

    public BlockLayout Layout { get; private set; } = new([8]);

    /// <summary>Rows in it.</summary>
    public int Count { get; set; }

    /// <summary>The long values of its rows, in the order of rows and columns.</summary>
    public List<LongValue> Long { get; } = [];

    /// <summary>True where no rows come behind these.</summary>
    public bool IsLast { get; set; }

    /// <summary>The address of a row.</summary>
    public nint Row(int row) => (nint)(_memory + ((long)row * Layout.RowBytes));

    /// <summary>The row behind the block's own: single rows are fetched into it.</summary>
    public nint Spare => Row(Layout.Rows);

    /// <summary>Where the driver writes how a row came out: two bytes for each.</summary>
    public nint Status => Row(Layout.Rows + 1);

    /// <summary>Makes room for rows of this layout; what was in the block is gone.</summary>
    public void Begin(BlockLayout layout)
    {
        (Layout, Count, IsLast) = (layout, 0, false);
        Long.Clear();
        var needed = ((nint)layout.RowBytes * (layout.Rows + 1)) + (layout.Rows * sizeof(ushort));
        if (needed <= _size) return;
        _memory = (byte*)NativeMemory.Realloc(_memory, (nuint)needed);
        _size = needed;
    }

    /// <summary>Keeps the spare row as the next one of the block.</summary>
    public void KeepSpare()
    {
        NativeMemory.Copy((void*)Spare, (void*)Row(Count), (nuint)Layout.RowBytes);
        Count++;
    }

    /// <summary>What the driver said about a value's length: bytes, null, or that it does not know.</summary>
    public nint Indicator(int row, int column) => *(nint*)(Row(row) + Layout.Offsets[column]);

    /// <summary>The value's bytes in the block; it must be there and fit.</summary>
    public ReadOnlySpan<byte> Value(int row, int column, CellFormat format)
    {
        var at = Row(row) + Layout.Offsets[column];
        var length = format.FixedBytes > 0 ? format.FixedBytes : (int)*(nint*)at;
        return new ReadOnlySpan<byte>((void*)(at + sizeof(long)), length);
    }

    /// <summary>True where the value is longer than its room.</summary>
    public bool IsLong(int row, int column, CellFormat format)
        => format.FixedBytes == 0 && Indicator(row, column) is var length && length != OdbcCode.NullData && (length < 0 || length > Layout.Widths[column] - format.TerminatorBytes);

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        (_size, Count) = (0, 0);
    }
}
