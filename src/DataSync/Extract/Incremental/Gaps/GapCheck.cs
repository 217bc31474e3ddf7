using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>
/// Asks the source once more, in a snapshot of its own, for what the sync's region holds now, and tells what no sync delivered. Records that were changed or deleted meanwhile
/// have left the region or wear a value the next sync reads: they are no gap. What is repaired is handed out as batches without a place to go on at,
/// so that a sync that breaks off there begins again and delivers nothing twice.
/// </summary>
internal sealed class GapCheck
{
    private readonly GapParameters _parameters;
    private readonly RecordHash _hash;
    private readonly RecordIdentity _identity;
    private readonly string _field;
    private readonly CursorMember _member;
    private readonly GapState? _prior;
    private readonly List<UInt128> _kept = [];
    private CursorValue? _least;
    private GapRegion? _region;
    private bool _isExact;
    private long _found;
    private long _missing;
    private bool _handedOut;
    private bool _isWhole;

    private GapCheck(CursorParameters cursor, RecordIdentity identity, RecordHash hash, RecordHash hashBefore, GapState? prior)
    {
        (_parameters, _field, _member, _identity, _hash, _prior) = (cursor.Gap, cursor.Field, new CursorMember(cursor.Field), identity, hash, prior);
        Memory = new GapMemory(identity, hash, hashBefore, prior?.Hashes ?? []);
    }

    /// <summary>Begins one. What the state remembers counts only where it was made from the same members and by a key that is still accepted.</summary>
    public static GapCheck Of(CursorParameters cursor, bool isExact, GapState? prior, RecordHash hash, IReadOnlyList<byte[]> keys)
    {
        // the rows of an extent are told apart as versions: key and cursor alone would say less
        var identity = new RecordIdentity(isExact ? [] : cursor.Gap.Key);
        var before = prior?.Identity != identity.Name || cursor.Gap.Window == 0 ? null : prior.KeyId == hash.Id ? hash : RecordHash.Of(keys, prior.KeyId);
        return new GapCheck(cursor, identity, hash, before ?? hash, before is null ? null : prior);
    }

    /// <summary>What this sync has seen.</summary>
    public GapMemory Memory { get; }

    /// <summary>What came of it; null before, and where there was nothing to check.</summary>
    public GapReport? Report { get; private set; }

    /// <summary>Why the source could not be asked again; null where it could.</summary>
    public SyncFailureException? Failure { get; private set; }

    /// <summary>
    /// Compares a reading that its connector planned, looking further down the column: a record of the same transactions is there that lies below where the reading looked,
    /// because it was written with an old value.
    /// </summary>
    public IAsyncEnumerable<RecordBatch> ExtentAsync(IReadsWindows connector, SourceConnection source, ReadRequest request, long firstSeq, CancellationToken ct)
    {
        _isExact = true;
        var extent = request.Window!.Extent!.Value;
        return RunAsync(
            connector, source, request, request.Window with { Extent = connector.Widen(extent, _parameters.Window) },
            _parameters.OnGap == "full" ? [(request.Window with { Extent = connector.Widen(extent, null) }, false)] : [], Memory.Count, firstSeq, ct);
    }

    /// <summary>What is to be compared (<see cref="GapRegion.Of"/>).</summary>
    public GapRegion RegionOf(CursorValue? from, CursorValue? reached, CursorValue end)
        => _parameters.Window > 0 && end.Kind == CursorKind.Text
            ? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.gap_window", ("field", _field)))
            : GapRegion.Of(_field, from, reached, end, _parameters.Window, GapRegion.ValueOf(_prior?.From));

    /// <summary>Compares a region between two values.</summary>
    /// <param name="connector">The source's.</param>
    /// <param name="source">The source.</param>
    /// <param name="request">What the sync asked for.</param>
    /// <param name="region">What is compared.</param>
    /// <param name="later">Records of this sync that lie above it.</param>
    /// <param name="firstSeq">Ordinal of the first record that is handed out.</param>
    /// <param name="ct">Ends it.</param>
    public IAsyncEnumerable<RecordBatch> RegionAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, GapRegion region, long later, long firstSeq, CancellationToken ct)
    {
        (_region, _least) = (region, _parameters.Window > 0 ? region.End.Minus(_parameters.Window) : null);
        return RunAsync(connector, source, request, region.Window, _parameters.OnGap != "full" ? [] : region.Below is { } below ? [(below, true), (region.Own, false)] : [(region.Own, false)], Memory.Count - later, firstSeq, ct);
    }

    /// <summary>What the next check needs to know; null where it goes back no further than its sync's own window.</summary>
    public GapState? Next(CursorValue? end)
    {
        if (_parameters.Window == 0 || end is not { } begins) return null;
        var anew = new GapState { From = begins.ToJson(), KeyId = _hash.Id, Identity = _identity.Name };
        if (_region is null) return _prior is not null && GapRegion.ValueOf(_prior.From) <= begins ? _prior : anew;
        if (!_isWhole || Memory.IsCountOnly || _kept.Count > GapMemory.Most) return anew;
        var from = _least is { } least && (_region.Start is not { } start || start < least) ? least : _region.Start!.Value;
        return anew with { From = from.ToJson(), Hashes = CursorState.Pack(_kept) };
    }

    private async IAsyncEnumerable<RecordBatch> RunAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, CursorWindow window, List<(CursorWindow Part, bool All)> full, long delivered, long firstSeq,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var canRepair = !Memory.IsCountOnly;
        var again = full.Count > 0 && canRepair ? Memory.Copy() : null;
        await foreach (var batch in ReadAsync(connector, source, request, window, Memory, canRepair && full.Count == 0 && _parameters.OnGap != "warn", all: false, firstSeq, ct))
        {
            firstSeq = batch.FirstSeq + batch.Count;
            yield return batch;
        }

        if (Memory.IsCountOnly) _missing = Math.Max(0, _found - delivered);
        if (again is not null && _missing > 0 && Failure is null)
        {
            var missing = _missing;
            _kept.Clear();
            foreach (var (part, all) in full)
            {
                await foreach (var batch in ReadAsync(connector, source, request, part, again, delivers: true, all, firstSeq, ct))
                {
                    firstSeq = batch.FirstSeq + batch.Count;
                    yield return batch;
                }
            }

            _missing = missing;
        }

        _isWhole = Failure is null;
        Report = new GapReport(_isWhole, _missing, _isWhole && _missing > 0 && canRepair && _parameters.OnGap != "warn");
    }

    /// <summary>Reads a part and hands out what is to be delivered of it. A source that fails before anything was handed out leaves the sync as good as it was.</summary>
    private async IAsyncEnumerable<RecordBatch> ReadAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, CursorWindow window, GapMemory known, bool delivers, bool all, long firstSeq,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var filter = connector.ReadsInOrder ? null : new WindowFilter(window);
        await using var batches = connector.ReadAsync(source, request with { Window = window, ResumeToken = default, FirstSeq = firstSeq }, ct).GetAsyncEnumerator(ct);
        while (await MovesAsync(batches))
        {
            var batch = batches.Current;
            filter?.Apply(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                if (!batch.IsAside(i) && !(IsMissing(batch.Raw[i], known, delivers, all) && delivers)) batch.SetAside(i);
            }

            if (batch.AsideCount == batch.Count)
            {
                batch.Dispose();
                continue;
            }

            batch.ResumeToken = default;
            _handedOut = true;
            yield return batch;
        }
    }

    private async ValueTask<bool> MovesAsync(IAsyncEnumerator<RecordBatch> batches)
    {
        try
        {
            return await batches.MoveNextAsync();
        }
        catch (SyncFailureException e) when (!_handedOut)
        {
            Failure = e;
            return false;
        }
    }

    private bool IsMissing(ReadOnlySpan<byte> document, GapMemory known, bool delivers, bool all)
    {
        var json = _member.Find(document);
        if (json.IsEmpty && !_isExact) return false;
        CursorValue? value = _isExact ? null : CursorValue.Parse(json);
        if (value is { } read && !all && _region!.WasReadBefore(read))
        {
            if (_least is not null && read >= _least) _kept.Add(_identity.Compute(_hash, document, json));
            return false;
        }

        _found++;
        if (known.IsCountOnly) return false;
        var wasDelivered = known.Take(document, json, out var now) && !all;
        if (!wasDelivered) _missing++;
        if (_least is { } least && value >= least && (wasDelivered || delivers)) _kept.Add(now);
        return !wasDelivered;
    }
}
