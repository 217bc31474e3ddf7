using System.Buffers;

namespace DataSync.Export.Parquet.Format;

/// <summary>A column of one row group as the file has it: a dictionary where that is worth it, then one data page. Its memory is kept for the next row group.</summary>
internal sealed class ColumnChunk
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The pages with their headers.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Bytes of the dictionary's page; 0 where there is none.</summary>
    public int DictionaryBytes { get; private set; }

    /// <summary>Bytes of the pages before they were compressed, headers included.</summary>
    public long PlainBytes { get; private set; }

    public int Nulls { get; set; }

    /// <summary>The least and the greatest value.</summary>
    public PageExtremes Extremes { get; set; }

    /// <summary>Begins the next row group. A buffer that one huge value made is not kept.</summary>
    public void Clear()
    {
        if (_bytes.Capacity > 4 * 1024 * 1024 && _bytes.WrittenCount < _bytes.Capacity / 4) _bytes.Clear();
        _bytes.ResetWrittenCount();
        (DictionaryBytes, PlainBytes) = (0, 0);
    }

    /// <summary>Adds a page.</summary>
    public void Add(ReadOnlySpan<byte> header, ReadOnlySpan<byte> page, int plainBytes)
    {
        _bytes.Write(header);
        _bytes.Write(page);
        PlainBytes += header.Length + plainBytes;
    }

    /// <summary>What was added so far is the dictionary.</summary>
    public void EndDictionary() => DictionaryBytes = _bytes.WrittenCount;
}
