using System.Buffers;
using System.Runtime.InteropServices;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>
/// Fetches blocks of rows: one call to the driver fills a whole block. Where a value may be longer than its room and the driver cannot go back to a
/// row of a block for the rest, rows are fetched singly into the block instead. Rooms grow with the values that come.
/// </summary>
internal sealed unsafe class BlockReader : IDisposable
{
    private const int Chunk = 256 * 1024;

    /// <summary>Blocks that a server is asked for at once when rows have been short for so many blocks: a slow line is then asked less often.</summary>
    private const int BlocksAhead = 4, Calm = 16;

    private readonly ServerCursor? _cursor;
    private readonly IReadOnlyList<BoundColumn> _columns;
    private readonly OdbcSession _session;
    private readonly int[] _widths;
    private readonly (int Column, CellFormat Format)[] _lengthy;
    private readonly bool _mayAskAhead;
    private StatementHandle _statement;
    private int _calm;
    private nuint* _fetched = (nuint*)NativeMemory.AllocZeroed((nuint)sizeof(nuint));
    private BlockLayout _layout;

    /// <summary>Begins with the rooms the columns ask for.</summary>
    /// <param name="statement">The statement, executed.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="session">Where.</param>
    /// <param name="mayAskAhead">An answer may hold several blocks. Where values become long within one it may be larger than the driver may hold; then the read must be one that can be gone on with.</param>
    public BlockReader(StatementHandle statement, IReadOnlyList<BoundColumn> columns, OdbcSession session, bool mayAskAhead)
    {
        (_statement, _columns, _session, _mayAskAhead) = (statement, columns, session, mayAskAhead);
        _lengthy = [.. columns.Select((c, i) => (i, c.Format)).Where(c => c.Format.FixedBytes == 0)];
        _widths = [.. columns.Select(c => c.Bytes)];
        _layout = new BlockLayout(_widths);
        IsSingle = !session.CanPosition && columns.Any(c => !c.IsBounded);
        if (session.Dialect.FirstRows is { } first) _cursor = new ServerCursor(session, statement, first);
    }

    /// <summary>True where rows are fetched one by one.</summary>
    public bool IsSingle { get; }

    /// <summary>True where an answer of the server holds several blocks.</summary>
    public bool AsksAhead { get; private set; }

    /// <summary>Fills a block, with so many rows at most.</summary>
    public void Fetch(RowBlock block, long most)
    {
        block.Begin(_layout);
        var rows = (int)Math.Min(_layout.Rows, most);
        if (_cursor is not null) rows = Math.Min(rows, Ask(_cursor));
        Set(OdbcCode.RowBindType, _layout.RowBytes);
        Set(OdbcCode.RowArraySize, IsSingle ? 1 : rows);
        Diagnostics.Check(OdbcLibrary.SQLSetStmtAttrW(_statement, OdbcCode.RowsFetchedPointer, (nint)_fetched, OdbcCode.IsPointer), _statement);
        Diagnostics.Check(OdbcLibrary.SQLSetStmtAttrW(_statement, OdbcCode.RowStatusPointer, block.Status, OdbcCode.IsPointer), _statement);
        Bind(IsSingle ? block.Spare : block.Row(0));
        if (IsSingle) FetchSingly(block, rows);
        else FetchBlock(block);
        _cursor?.Fetched(block.Count);
        _calm = _mayAskAhead && block.Long.Count == 0 ? _calm + 1 : 0;
        Grow();
    }

    /// <summary>May come twice: a page that cannot be turned leaves the one before, which has ended already.</summary>
    public void Dispose()
    {
        _cursor?.Dispose();
        NativeMemory.Free(_fetched);
        _fetched = null;
    }

    /// <summary>Sees to it that there are rows to fetch without the driver asking for them; how many there may be.</summary>
    private int Ask(ServerCursor cursor)
    {
        if (cursor.Left == 0)
        {
            AsksAhead = _calm >= Calm;
            cursor.Ask(_layout.Rows * (AsksAhead ? BlocksAhead : 1));
            _statement = cursor.Statement;
        }

        return cursor.Left;
    }

    private void FetchBlock(RowBlock block)
    {
        *_fetched = 0;
        if (Diagnostics.Check(OdbcLibrary.SQLFetch(_statement), _statement) == OdbcCode.NoData)
        {
            block.IsLast = true;
            return;
        }

        block.Count = (int)*_fetched;
        for (var row = 0; row < block.Count; row++)
        {
            if (((ushort*)block.Status)[row] == OdbcCode.RowError) throw Broken();
            foreach (var (column, format) in _lengthy)
            {
                if (!block.IsLong(row, column, format)) continue;
                if (!_session.CanPosition) throw Broken();
                Diagnostics.Check(OdbcLibrary.SQLSetPos(_statement, (nuint)(row + 1), OdbcCode.Position, OdbcCode.LockNoChange), _statement);
                block.Long.Add(new LongValue(row, column, GetLong(column)));
            }
        }
    }

    private void FetchSingly(RowBlock block, int rows)
    {
        var kept = 0L;
        while (block.Count < rows && kept < 4 * Chunk)
        {
            if (Diagnostics.Check(OdbcLibrary.SQLFetch(_statement), _statement) == OdbcCode.NoData)
            {
                block.IsLast = true;
                return;
            }

            for (var column = 0; column < _columns.Count; column++)
            {
                if (!block.IsLong(block.Layout.Rows, column, _columns[column].Format)) continue;
                var value = GetLong(column);
                kept += value?.Length ?? 0;
                block.Long.Add(new LongValue(block.Count, column, value));
            }

            block.KeepSpare();
        }
    }

    /// <summary>Fetches a whole value piece by piece; null for one larger than a record may be, whose rest is left where it is.</summary>
    private byte[]? GetLong(int column)
    {
        var format = _columns[column].Format;
        var room = ArrayPool<byte>.Shared.Rent(Chunk);
        var whole = new ArrayBufferWriter<byte>(Chunk);
        try
        {
            while (true)
            {
                nint length;
                short code;
                fixed (byte* at = room) code = Diagnostics.Check(OdbcLibrary.SQLGetData(_statement, (ushort)(column + 1), format.CType, at, Chunk, &length), _statement);
                if (code == OdbcCode.NoData) break;
                if (length > 2L * OversizeRecord.LargestBytes) return null;
                var isMore = code == OdbcCode.SuccessWithInfo && (length < 0 || length > Chunk - format.TerminatorBytes);
                whole.Write(room.AsSpan(0, isMore ? Chunk - format.TerminatorBytes : (int)Math.Max(0, length)));
                if (whole.WrittenCount > 2L * OversizeRecord.LargestBytes) return null;
                if (!isMore) break;
            }

            _widths[column] = Math.Max(_widths[column], Math.Min(BoundColumn.MostBytes, whole.WrittenCount + format.TerminatorBytes));
            return whole.WrittenSpan.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    /// <summary>Wider rooms for the next block, where values of this one did not fit.</summary>
    private void Grow()
    {
        if (_widths.AsSpan().SequenceEqual(_layout.Widths)) return;
        for (var i = 0; i < _widths.Length; i++)
        {
            if (_widths[i] > _layout.Widths[i]) _widths[i] = Math.Min(BoundColumn.MostBytes, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_widths[i]));
        }

        _layout = new BlockLayout(_widths);
    }

    private void Bind(nint row)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            var at = row + _layout.Offsets[i];
            Diagnostics.Check(
                OdbcLibrary.SQLBindCol(_statement, (ushort)(i + 1), _columns[i].Format.CType, at + sizeof(long), _layout.Widths[i], at), _statement);
        }
    }

    private void Set(int attribute, nint value) => Diagnostics.Check(OdbcLibrary.SQLSetStmtAttrW(_statement, attribute, value, OdbcCode.IsUInteger), _statement);

    private static SyncFailureException Broken() => new(SyncFailure.Permanent("errors.extraction.data", ("sqlstate", "22001")));
}
