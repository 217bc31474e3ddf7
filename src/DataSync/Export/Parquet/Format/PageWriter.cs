using System.Buffers;

namespace DataSync.Export.Parquet.Format;

/// <summary>Makes a column chunk of a page's values. One a thread; its memory is kept from column to column.</summary>
internal sealed class PageWriter(PageCodec codec)
{
    private const int DataPage = 0, DictionaryPage = 2;

    /// <summary>Numbers of encodings in Parquet.</summary>
    public const int Plain = 0, Rle = 3, RleDictionary = 8;

    private readonly ThriftWriter _header = new();
    private readonly ArrayBufferWriter<byte> _indices = new();
    private readonly ArrayBufferWriter<byte> _compressed = new();
    private readonly ValueDictionary _dictionary = new();

    /// <summary>Writes all of a column's values in one row group.</summary>
    public void Write(PlainPage page, ParquetColumn column, ColumnChunk chunk)
    {
        chunk.Clear();
        chunk.Nulls = page.Nulls;
        var rows = page.Nulls + page.Count;
        if (column.Physical == ParquetColumn.Boolean)
        {
            chunk.Extremes = default;
            page.PackBits();
            Add(chunk, page.Body(), rows, DataPage, Plain);
        }
        else if (_dictionary.TryRead(page))
        {
            chunk.Extremes = PageExtremes.Of(_dictionary.Values, column.Physical);
            Add(chunk, _dictionary.Values, _dictionary.Count, DictionaryPage, Plain);
            chunk.EndDictionary();
            _indices.ResetWrittenCount();
            _indices.Write(page.Levels());
            _indices.Write([(byte)_dictionary.Width]);
            BitPacking.WriteRun(_indices, _dictionary.Numbers, _dictionary.Width);
            Add(chunk, _indices.WrittenSpan, rows, DataPage, RleDictionary);
        }
        else
        {
            chunk.Extremes = PageExtremes.Of(page.Values, column.Physical);
            Add(chunk, page.Body(), rows, DataPage, Plain);
        }
    }

    private void Add(ColumnChunk chunk, ReadOnlySpan<byte> page, int values, int type, int encoding)
    {
        _compressed.ResetWrittenCount();
        codec.Compress(page, _compressed);
        _header.Clear();
        _header.Int32(1, type);
        _header.Int32(2, page.Length);
        _header.Int32(3, _compressed.WrittenCount);
        _header.Begin(type == DataPage ? 5 : 7);
        _header.Int32(1, values);
        _header.Int32(2, encoding);
        if (type == DataPage)
        {
            // definition levels, and the repetition levels that flat columns have none of
            _header.Int32(3, Rle);
            _header.Int32(4, Rle);
        }

        _header.End();
        _header.End();
        chunk.Add(_header.Written, _compressed.WrittenSpan, page.Length);
    }
}
