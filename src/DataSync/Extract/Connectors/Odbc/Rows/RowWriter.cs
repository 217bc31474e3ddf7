using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Writes rows of blocks as documents, straight into a record buffer.</summary>
internal sealed class RowWriter(IReadOnlyList<BoundColumn> columns)
{
    private readonly byte[][] _prefixes = [.. columns.Select((c, i) => (byte[])[i == 0 ? (byte)'{' : (byte)',', .. JsonText.MemberName(c.Name)])];
    private readonly CellFormat[] _formats = [.. columns.Select(c => c.Format)];
    private RowBlock? _block;
    private int _long;

    /// <summary>Writes a row and closes the record; rows of a block come in their order. Returns what is wrong with the record, if anything is.</summary>
    public Rejection? Write(RowBlock block, int row, RecordBuffer to)
    {
        if (_block != block || row == 0) (_block, _long) = (block, 0);
        Rejection? rejection = null;
        var left = OversizeRecord.LargestBytes;
        for (var i = 0; i < _formats.Length; i++)
        {
            JsonText.WriteRaw(_prefixes[i], to);
            if (block.Indicator(row, i) == OdbcCode.NullData) JsonText.WriteRaw("null"u8, to);
            else if (block.IsLong(row, i, _formats[i])) rejection = WriteLong(block.Long[_long++], i, ref left, to) ?? rejection;
            else if (!_formats[i].Write(block.Value(row, i, _formats[i]), to)) rejection = InvalidText.Rejection(columns[i].Name);
        }

        JsonText.WriteRaw("}"u8, to);
        to.EndRecord();
        return rejection;
    }

    /// <summary>The key's text of a value; null where there is none to go on from.</summary>
    public string? Key(RowBlock block, int row, int column)
        => block.Indicator(row, column) == OdbcCode.NullData || block.IsLong(row, column, _formats[column])
            ? null
            : _formats[column].Key(block.Value(row, column, _formats[column]));

    private Rejection? WriteLong(LongValue value, int column, ref int left, RecordBuffer to)
    {
        // text came in two bytes a character; the bound is on characters
        var size = value.Bytes is null ? int.MaxValue : _formats[column].CType == SqlType.CWChar ? value.Bytes.Length / 2 : value.Bytes.Length;
        if (size > left)
        {
            JsonText.WriteRaw("null"u8, to);
            return OversizeRecord.Rejection(columns[column].Name);
        }

        left -= size;
        return _formats[column].Write(value.Bytes, to) ? null : InvalidText.Rejection(columns[column].Name);
    }
}
