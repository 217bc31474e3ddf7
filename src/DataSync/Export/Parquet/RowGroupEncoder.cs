using DataSync.Export.Parquet.Format;
using DataSync.Export.Storage;

namespace DataSync.Export.Parquet;

/// <summary>Encodes a row group's columns, several at once: that is most of the work of an export, and nothing in it waits. One for all parts of an export.</summary>
internal sealed class RowGroupEncoder(PageCodec codec)
{
    /// <summary>Threads at most; each holds a column's pages. A worker has other jobs too.</summary>
    private const int MostThreads = 4;

    private readonly List<ColumnEncoder> _encoders = [];
    private readonly List<ColumnChunk> _chunks = [];
    private int _taken;

    /// <summary>Writes a row group into a file and notes it in the file's footer.</summary>
    public async Task WriteAsync(RowGroup group, IReadOnlyList<ParquetColumn> columns, ParquetFooter footer, StagedFile file, CancellationToken ct)
    {
        while (_chunks.Count < columns.Count) _chunks.Add(new ColumnChunk());
        var threads = Math.Min(Math.Min(MostThreads, Environment.ProcessorCount), columns.Count);
        while (_encoders.Count < threads) _encoders.Add(new ColumnEncoder(codec));
        _taken = 0;
        await Task.WhenAll(_encoders.Take(threads).Select(encoder => Task.Run(() => Encode(encoder, group, columns, ct), ct)));
        footer.Add(_chunks, group.Rows, file.Length);
        for (var i = 0; i < columns.Count; i++)
        {
            file.Write(_chunks[i].Bytes);
            await file.FlushAsync(ct);
        }
    }

    private void Encode(ColumnEncoder encoder, RowGroup group, IReadOnlyList<ParquetColumn> columns, CancellationToken ct)
    {
        for (int column; (column = Interlocked.Increment(ref _taken) - 1) < columns.Count;)
        {
            ct.ThrowIfCancellationRequested();
            encoder.Encode(group[column], group.Rows, columns[column], _chunks[column]);
        }
    }
}
