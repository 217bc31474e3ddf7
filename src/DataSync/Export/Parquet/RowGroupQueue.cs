using DataSync.Export.Parquet.Format;

namespace DataSync.Export.Parquet;

/// <summary>
/// Writes a full row group beside the records that fill the next. One for all parts of an export: one row group is written at a time, and memory holds that one
/// and what the parts have begun.
/// </summary>
internal sealed class RowGroupQueue(ParquetTypes types, PageCodec codec)
{
    private RowGroupDraft _spare = new(types);
    private Task _writing = Task.CompletedTask;

    public PageCodec Codec => codec;

    public RowGroupEncoder Encoder { get; } = new(codec);

    /// <summary>Takes a full row group over and returns an empty one, once the one before is written.</summary>
    /// <param name="full">The row group.</param>
    /// <param name="target">Whose file it goes into.</param>
    /// <param name="file">The file.</param>
    /// <param name="ct">Ends the writing, which goes on after this returns.</param>
    public async ValueTask<RowGroupDraft> SwapAsync(RowGroupDraft full, ExportTarget target, ParquetFile file, CancellationToken ct)
    {
        await _writing;
        var empty = _spare;
        _spare = full;
        var columns = types.Current();
        _writing = target.Beside(Task.Run(() => WriteAsync(full, columns, file, ct), ct));
        return empty;
    }

    /// <summary>Returns when what was taken over is written.</summary>
    public Task DrainAsync() => _writing;

    private static async Task WriteAsync(RowGroupDraft full, ParquetColumn[] columns, ParquetFile file, CancellationToken ct)
    {
        await file.AddAsync(full, columns, ct);
        full.Clear();
    }
}
