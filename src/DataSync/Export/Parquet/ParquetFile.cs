using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Export.Parquet.Format;
using DataSync.Export.Storage;

namespace DataSync.Export.Parquet;

/// <summary>
/// A file while its records come. Row groups are written with the types that the records before decided, and put aside in a draft as well: where a later
/// record changes a type, the file is begun again and written from the draft.
/// </summary>
internal sealed class ParquetFile
{
    /// <summary>Key of the file's metadata: a JSON list of the columns whose text is JSON.</summary>
    public const string JsonColumns = "datasync.json_columns";

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ExportTarget _target;
    private readonly RowGroupQueue _queue;
    private readonly StagedFile _draft;
    private StagedFile _output;
    private ParquetColumn[]? _columns;
    private ParquetFooter? _footer;
    private bool _isOutdated;

    public ParquetFile(ExportTarget target, RowGroupQueue queue)
    {
        (_target, _queue) = (target, queue);
        _output = target.Create("data.parquet");
        _draft = target.Draft(_output);
    }

    /// <summary>Writes a row group that others may follow.</summary>
    /// <param name="group">Stays the caller's.</param>
    /// <param name="columns">The columns as far as the records told.</param>
    /// <param name="ct">Ends the writing.</param>
    public async Task AddAsync(RowGroupDraft group, ParquetColumn[] columns, CancellationToken ct)
    {
        await group.WriteToAsync(_draft, ct);
        if (Fits(columns)) await EncodeAsync(group, columns, ct);
    }

    /// <summary>Writes the last row group, with the types of all records, and the file's end. The file is then the caller's to publish.</summary>
    public async Task<StagedFile> FinishAsync(RowGroupDraft last, ParquetColumn[] columns, CancellationToken ct)
    {
        if (Fits(columns))
        {
            if (last.Rows > 0) await EncodeAsync(last, columns, ct);
        }
        else
        {
            if (last.Rows > 0) await last.WriteToAsync(_draft, ct);
            await WriteAgainAsync(columns, ct);
        }

        _target.Drop(_draft);
        string[] json = [.. columns.Where(c => c.Type == ColumnType.Json).Select(c => c.Name)];
        Footer(columns).WriteTo(_output, json.Length > 0 ? [(JsonColumns, JsonSerializer.Serialize(json, Json))] : []);
        return _output;
    }

    /// <summary>Whether all that is written has these columns. Once it has not, nothing more is written for it.</summary>
    private bool Fits(ParquetColumn[] columns)
    {
        _isOutdated |= _columns is not null && !_columns.AsSpan().SequenceEqual(columns);
        return !_isOutdated;
    }

    private async Task WriteAgainAsync(ParquetColumn[] columns, CancellationToken ct)
    {
        var outdated = _output;
        _output = _target.Redo(outdated);
        _target.Drop(outdated);
        _footer = null;
        var group = new DraftGroup();
        await using var groups = new DraftReader(_draft, ct);
        while (!groups.IsAtEnd)
        {
            await group.ReadAsync(groups);
            await EncodeAsync(group, columns, ct);
        }
    }

    private Task EncodeAsync(RowGroup group, ParquetColumn[] columns, CancellationToken ct)
        => _queue.Encoder.WriteAsync(group, columns, Footer(columns), _output, ct);

    /// <summary>The footer; with the first call the file begins.</summary>
    private ParquetFooter Footer(ParquetColumn[] columns)
    {
        if (_footer is not null) return _footer;
        _columns = columns;
        _output.Write(ParquetFooter.Magic);
        return _footer = new ParquetFooter(columns, _queue.Codec);
    }
}
