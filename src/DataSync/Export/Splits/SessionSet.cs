using DataSync.Export.Records;

namespace DataSync.Export.Splits;

/// <summary>
/// The sessions of an export: one of each format, or where records are divided one of each format and part. Records come to the parts in stretches that follow one
/// another, so that what a format's parts share (columns, ids of categories) grows in the order of the records, however they are cut into batches.
/// </summary>
internal sealed class SessionSet : IDisposable
{
    private readonly IReadOnlyList<IExportSession>[] _formats;
    private readonly RecordSplit? _split;

    /// <summary>Opens a session on each target.</summary>
    /// <param name="targets">In the order of formats, and within it of the plan's parts.</param>
    /// <param name="exporters">By format.</param>
    /// <param name="plan">How records are divided; null where they are not.</param>
    /// <param name="added">The members that the export adds to records.</param>
    public SessionSet(IEnumerable<ExportTarget> targets, IReadOnlyDictionary<string, IExporter> exporters, SplitPlan? plan, IReadOnlyList<AddedMember> added)
    {
        _split = plan is null ? null : new RecordSplit(plan, added);
        _formats = [.. targets.Chunk(plan?.Parts.Count ?? 1).Select(parts => exporters[parts[0].Format].Open(parts))];
    }

    /// <summary>Writes the records that the view shows, each session its own.</summary>
    public async ValueTask WriteAsync(RecordView view, CancellationToken ct)
    {
        if (_split is null)
        {
            foreach (var format in _formats) await format[0].WriteAsync(view, ct);
            return;
        }

        var stretches = _split.Divide(view);
        foreach (var format in _formats)
        {
            foreach (var (part, from, count) in stretches)
            {
                view.Narrow((from, count));
                await format[part].WriteAsync(view, ct);
            }
        }

        view.Narrow(null);
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        foreach (var session in _formats.SelectMany(f => f)) await session.CompleteAsync(ct);
    }

    public void Dispose() => _split?.Dispose();
}
