using DataSync.Export.Records;

namespace DataSync.Export.Splits;

/// <summary>The sessions of an export: one of each format, or where records are divided one of each format and part.</summary>
internal sealed class SessionSet : IDisposable
{
    private readonly (IExportSession Session, int Part)[] _sessions;
    private readonly RecordSplit? _split;

    /// <summary>Opens a session on each target.</summary>
    /// <param name="targets">In the order of formats, and within it of the plan's parts.</param>
    /// <param name="exporters">By format.</param>
    /// <param name="plan">How records are divided; null where they are not.</param>
    public SessionSet(IEnumerable<ExportTarget> targets, IReadOnlyDictionary<string, IExporter> exporters, SplitPlan? plan)
    {
        _split = plan is null ? null : new RecordSplit(plan);
        _sessions = [.. targets.Select((target, i) => (exporters[target.Format].Open(target), plan is null ? 0 : i % plan.Parts.Count))];
    }

    /// <summary>Writes the records that the view shows, each session its own.</summary>
    public async ValueTask WriteAsync(RecordView view, CancellationToken ct)
    {
        _split?.Divide(view);
        foreach (var (session, part) in _sessions)
        {
            if (_split is not null) view.Narrow(_split.Places(part));
            await session.WriteAsync(view, ct);
        }

        view.Narrow(null);
    }

    public async Task CompleteAsync(CancellationToken ct)
    {
        foreach (var (session, _) in _sessions) await session.CompleteAsync(ct);
    }

    public void Dispose() => _split?.Dispose();
}
