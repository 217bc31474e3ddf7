using DataSync.Export.Columns;
using DataSync.Export.Records;

namespace DataSync.Export.Parquet;

/// <summary>Takes records apart into the columns of row groups. No record is parsed twice, and memory holds two row groups.</summary>
internal sealed class ParquetSession : IExportSession
{
    private readonly ExportTarget _target;
    private readonly ParquetTypes _types;
    private readonly RowGroupQueue _queue;
    private readonly RecordRow _row;
    private readonly ParquetFile _file;
    private RowGroupDraft _group;
    private long _records;

    /// <summary>A file.</summary>
    /// <param name="target">Where it goes.</param>
    /// <param name="types">Its columns, which the other parts of the export have too.</param>
    /// <param name="queue">Writes the row groups, those of the other parts too.</param>
    public ParquetSession(ExportTarget target, ParquetTypes types, RowGroupQueue queue)
    {
        (_target, _types, _queue, _row, _group) = (target, types, queue, new RecordRow(types.Columns), new RowGroupDraft(types));
        _file = new ParquetFile(target, queue);
    }

    public async ValueTask WriteAsync(RecordView records, CancellationToken ct)
    {
        _types.Columns.Adds(records.Added);
        for (var i = 0; i < records.Count; i++)
        {
            Add(records[i]);
            if (_group.IsFull) _group = await _queue.SwapAsync(_group, _target, _file, ct);
        }
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        await _queue.DrainAsync();
        var file = await _file.FinishAsync(_group, _types.Current(), ct);
        _group = new RowGroupDraft(_types); // no more records come: its memory is the next part's
        await _target.PublishAsync(file, _records, ct);
    }

    private void Add(ReadOnlySpan<byte> document)
    {
        _row.Read(document);
        _group.Add(_row, document);
        _records++;
    }
}
