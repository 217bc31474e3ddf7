using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataSync.Export.Parquet.Format;

/// <summary>What a file says of itself at its end: columns, and where each row group's pages are.</summary>
internal sealed class ParquetFooter(IReadOnlyList<ParquetColumn> columns, PageCodec codec)
{
    private readonly byte[][] _names = [.. columns.Select(c => Encoding.UTF8.GetBytes(c.Name))];
    private readonly ThriftWriter _groups = new();
    private int _count;
    private long _rows;

    /// <summary>What a file begins and ends with.</summary>
    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Notes a row group.</summary>
    /// <param name="chunks">One a column.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="at">Where in the file its first chunk begins; the others follow.</param>
    public void Add(IReadOnlyList<ColumnChunk> chunks, int rows, long at)
    {
        var (start, plain) = (at, 0L);
        _groups.BeginElement();
        _groups.List(1, ThriftWriter.StructKind, columns.Count);
        for (var i = 0; i < columns.Count; i++)
        {
            Add(columns[i], _names[i], chunks[i], rows, at);
            at += chunks[i].Bytes.Length;
            plain += chunks[i].PlainBytes;
        }

        _groups.Int64(2, plain);
        _groups.Int64(3, rows);
        _groups.Int64(5, start);
        _groups.Int64(6, at - start);
        _groups.End();
        _count++;
        _rows += rows;
    }

    /// <summary>Writes the footer, its length and the file's last bytes.</summary>
    public void WriteTo(IBufferWriter<byte> file, IEnumerable<(string Key, string Value)> metadata)
    {
        var thrift = new ThriftWriter();
        thrift.Int32(1, 1);
        thrift.List(2, ThriftWriter.StructKind, columns.Count + 1);
        thrift.BeginElement();
        thrift.Binary(4, "root"u8);
        thrift.Int32(5, columns.Count);
        thrift.End();
        foreach (var column in columns) column.WriteSchema(thrift);
        thrift.Int64(3, _rows);
        thrift.List(4, ThriftWriter.StructKind, _count);
        thrift.Append(_groups.Written);
        (string Key, string Value)[] pairs = [.. metadata];
        if (pairs.Length > 0) thrift.List(5, ThriftWriter.StructKind, pairs.Length);
        foreach (var (key, value) in pairs)
        {
            thrift.BeginElement();
            thrift.Binary(1, Encoding.UTF8.GetBytes(key));
            thrift.Binary(2, Encoding.UTF8.GetBytes(value));
            thrift.End();
        }

        thrift.Binary(6, "DataSync"u8);
        WriteOrders(thrift);
        thrift.End();
        file.Write(thrift.Written);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, thrift.Written.Length);
        file.Write(length);
        file.Write(Magic);
    }

    /// <summary>Least and greatest are by each type's own order; without this, readers may not use them.</summary>
    private void WriteOrders(ThriftWriter thrift)
    {
        thrift.List(7, ThriftWriter.StructKind, columns.Count);
        foreach (var _ in columns)
        {
            thrift.BeginElement();
            thrift.Begin(1);
            thrift.End();
            thrift.End();
        }
    }

    private void Add(ParquetColumn column, byte[] name, ColumnChunk chunk, int rows, long at)
    {
        _groups.BeginElement();
        _groups.Int64(2, at);
        _groups.Begin(3);
        _groups.Int32(1, column.Physical);
        int[] encodings = chunk.DictionaryBytes > 0 ? [PageWriter.Plain, PageWriter.Rle, PageWriter.RleDictionary] : [PageWriter.Plain, PageWriter.Rle];
        _groups.List(2, ThriftWriter.Int32Kind, encodings.Length);
        foreach (var encoding in encodings) _groups.Element(encoding);
        _groups.List(3, ThriftWriter.BinaryKind, 1);
        _groups.Element(name);
        _groups.Int32(4, codec.Number);
        _groups.Int64(5, rows);
        _groups.Int64(6, chunk.PlainBytes);
        _groups.Int64(7, chunk.Bytes.Length);
        _groups.Int64(9, at + chunk.DictionaryBytes);
        if (chunk.DictionaryBytes > 0) _groups.Int64(11, at);
        _groups.Begin(12);
        _groups.Int64(3, chunk.Nulls);
        if (!chunk.Extremes.Greatest.IsEmpty || !chunk.Extremes.Least.IsEmpty)
        {
            _groups.Binary(5, chunk.Extremes.Greatest.Span);
            _groups.Binary(6, chunk.Extremes.Least.Span);
        }

        _groups.End();
        _groups.End();
        _groups.End();
    }
}
