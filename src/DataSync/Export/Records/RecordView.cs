using DataSync.Pipeline;

namespace DataSync.Export.Records;

/// <summary>
/// The records of a batch as they are exported, the same for every format: as extracted, as refined, or as refined with what was changed or
/// removed, and what is said about them, beside it. Refused records are left out.
/// </summary>
internal sealed class RecordView : IDisposable
{
    private readonly ExportPlan _plan;
    private readonly RecordComposer? _composer;
    private readonly List<int> _kept = [];
    private (int From, int Count)? _shown;
    private RecordBatch? _batch;
    private RecordBuffer? _composed;

    /// <summary>A view of one export.</summary>
    /// <param name="plan">What the export is to show.</param>
    /// <param name="refiners">The job's refiners; none where it asks for none.</param>
    /// <param name="kinds">Kinds of the job's enrichers; null for none.</param>
    public RecordView(ExportPlan plan, IReadOnlyCollection<IBatchRefiner> refiners, IReadOnlyList<string>? kinds = null)
    {
        _plan = plan;
        ShowsOriginals = refiners.Count > 0 && plan is { IncludeEnhanced: true, IncludeOriginal: true };
        ShowsMetadata = refiners.Any(r => r.AddsMetadata) && plan is { IncludeEnhanced: true, IncludeMetadata: true };
        ShowsEnriched = plan.IncludeEnhanced && kinds is not null ? kinds : [];
        Added = [.. ShowsOriginals ? [AddedMember.Original] : Array.Empty<AddedMember>(), .. ShowsMetadata ? [AddedMember.Metadata] : Array.Empty<AddedMember>(), .. ShowsEnriched.Select(AddedMember.Of)];
        _composer = Added.Count > 0 ? new RecordComposer(ShowsOriginals, ShowsMetadata, ShowsEnriched) : null;
    }

    /// <summary>Whether the records have a member <c>_original</c>.</summary>
    public bool ShowsOriginals { get; }

    /// <summary>Whether the records have a member <c>_metadata</c>.</summary>
    public bool ShowsMetadata { get; }

    /// <summary>The kinds of enrichers of which the records have a member, such as <c>_ai</c> for <c>ai</c>.</summary>
    public IReadOnlyList<string> ShowsEnriched { get; }

    /// <summary>The members that the export adds, the last of every record in this order, under whatever name the record left free.</summary>
    public IReadOnlyList<AddedMember> Added { get; }

    public int Count => _shown?.Count ?? _kept.Count;

    /// <summary>A record's document; valid until the next batch is loaded or this one disposed.</summary>
    public ReadOnlySpan<byte> this[int index] => At(index + (_shown?.From ?? 0));

    /// <summary>A record's document as it was extracted, whatever refinement made of it; valid as long as the batch.</summary>
    public ReadOnlySpan<byte> Extracted(int index) => _batch!.Raw[_kept[index + (_shown?.From ?? 0)]];

    /// <summary>Shows a stretch of the batch's records alone; null shows all again.</summary>
    public void Narrow((int From, int Count)? stretch) => _shown = stretch;

    private ReadOnlySpan<byte> At(int index)
        => _composed is { } composed ? composed[index] : _plan.IncludeEnhanced ? _batch!.Current(_kept[index]).Span : _batch!.Raw[_kept[index]];

    /// <summary>Shows a batch, which stays its owner's.</summary>
    public void Load(RecordBatch batch)
    {
        _batch = batch;
        _shown = null;
        _kept.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.IsKept(i)) _kept.Add(i);
        }

        if (_composer is null) return;
        _composed?.Dispose();
        _composed = new RecordBuffer(batch.Raw.Length + (batch.Refined?.Length ?? 0) + (batch.Metadata?.Length ?? 0) + (batch.Enriched?.Length ?? 0) + (batch.Count * 48), batch.Count);
        foreach (var i in _kept)
        {
            _composer.Compose(
                batch.Raw[i], batch.Refined is { } changed ? changed[i] : default, batch.Metadata is { } about ? about[i] : default,
                batch.Enriched is { } made ? made[i] : default, _composed);
        }
    }

    public void Dispose()
    {
        _composed?.Dispose();
        _composed = null;
    }
}
