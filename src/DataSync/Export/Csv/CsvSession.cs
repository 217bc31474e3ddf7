using DataSync.Export.Columns;
using DataSync.Export.Records;
using DataSync.Export.Storage;

namespace DataSync.Export.Csv;

/// <summary>
/// Writes rows as they come, each with the columns known at that moment. Columns are only ever added at the end, so when some appeared after the
/// first batch, the end is one pass that puts the full header before the rows and commas behind the short ones; most tables never need it.
/// </summary>
internal sealed class CsvSession : IExportSession
{
    private readonly ExportTarget _target;
    private readonly CsvOptions _options;
    private readonly RecordColumns _columns;
    private readonly RecordRow _row;
    private readonly CsvRowWriter _writer;
    private readonly StagedFile _file;

    /// <summary>Where the number of columns grew: from row … on, rows have … fields.</summary>
    private readonly List<(long Row, int Columns)> _widths = [];
    private int _headerColumns;
    private long _rowsStart = -1;
    private long _rows;

    /// <summary>A file.</summary>
    /// <param name="target">Where it goes.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="columns">Its columns, which the other parts of the export have too.</param>
    public CsvSession(ExportTarget target, CsvOptions options, RecordColumns columns)
    {
        (_target, _options, _columns, _row) = (target, options, columns, new RecordRow(columns));
        _file = target.Create("data.csv");
        _writer = new CsvRowWriter(_file, options);
    }

    public ValueTask WriteAsync(RecordView records, CancellationToken ct)
    {
        if (records.Count == 0) return ValueTask.CompletedTask;
        _columns.Adds(records.Added);
        if (_rowsStart < 0) Begin(records);
        for (var i = 0; i < records.Count; i++)
        {
            var document = records[i];
            _row.Read(document);
            if (_widths.Count == 0 || _widths[^1].Columns != _columns.Count) _widths.Add((_rows, _columns.Count));
            _writer.WriteRow(_row, _columns.Count, document);
            _rows++;
        }

        _writer.Flush();
        return _file.FlushAsync(ct);
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        var finished = _file;

        // a part without records has the header of the others
        if (_rowsStart < 0 && _columns.Count > 0) WriteHeader();
        if (_columns.Count != _headerColumns)
        {
            finished = _target.Redo(_file);
            new CsvRowWriter(finished, _options).WriteHeader(_columns);
            await CsvCompletion.WriteAsync(_file, _rowsStart, _columns, _widths, finished, ct);
            _target.Drop(_file);
        }

        await _target.PublishAsync(finished, _rows, ct);
    }

    /// <summary>Looks through the first batch for its columns, so that the header is mostly right at once.</summary>
    private void Begin(RecordView records)
    {
        for (var i = 0; i < records.Count; i++) _row.Read(records[i]);
        WriteHeader();
    }

    private void WriteHeader()
    {
        _headerColumns = _columns.Count;
        _writer.WriteHeader(_columns);
        _rowsStart = _file.Length;
    }
}
