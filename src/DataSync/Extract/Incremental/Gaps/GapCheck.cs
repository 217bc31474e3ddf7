using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>
/// Asks the source once more, in a snapshot of its own, for what the sync's region holds now, and tells what of it is not in the store (in a mode that stores nothing: what no sync delivered).
/// Records that were changed or deleted meanwhile have left the region or wear a value the next sync reads: they are no gap. What is repaired is handed out as batches without a place to go
/// on at, so that a sync that breaks off there begins again and delivers nothing twice.
/// </summary>
internal sealed class GapCheck
{
    private readonly GapParameters _parameters;
    private readonly RecordHash _hash;
    private readonly RecordIdentity _identity;
    private readonly string _field;
    private readonly CursorMember _member;
    private readonly CursorScale _scale;
    private readonly GapState? _prior;
    private readonly GapStore? _store;
    private readonly GapMemory _memory;

    /// <summary>What syncs before stored of an extent's past; a full repair delivers it once more, so it stands apart.</summary>
    private readonly GapMemory _past;
    private readonly bool _knowsRepeats, _isExact;

    /// <summary>What the sync before delivered of this one's window, where the state cannot tell where it is stored: it counts as stored, also what this attempt does not read again.</summary>
    private DeliveredBefore? _repeats;
    private readonly List<(UInt128 Hash, KeptPlace Place)> _kept = [], _ahead = [];

    /// <summary>What this sync read of what the one before delivered: of some of it nothing but the hash may be known, and the next sync may need it again.</summary>
    private readonly List<(CursorValue Value, UInt128 Before, UInt128 Now)> _repeated = [];
    private CursorValue? _least, _trusted, _greatest, _pastGreatest;
    private GapRegion? _region;
    private long _found, _missing;
    private bool _handedOut, _isWhole, _isNew, _isPartial, _sawPast;

    private GapCheck(
        CursorParameters cursor, CursorScale scale, bool isExact, RecordIdentity identity, RecordHash hash, RecordHash hashBefore, GapState? prior, GapStore? store, bool isFirst,
        Func<DeliveredBefore?> repeats)
    {
        (_parameters, _field, _member, _scale, _identity, _hash, _prior, _store) = (cursor.Gap, cursor.Field, new CursorMember(cursor.Field), scale, identity, hash, prior, store);
        (_isExact, _knowsRepeats, IsFirst) = (isExact, isFirst || prior is { KnowsRepeats: true }, isFirst);
        _repeats = store is null || isExact || _knowsRepeats ? null : repeats();
        _memory = new GapMemory(identity, hash, hashBefore);
        _past = isExact ? new GapMemory(identity, hash, hashBefore) : _memory;
        if (store is null && prior is not null) _memory.Trust(prior.Hashes);
    }

    /// <summary>Begins one. What the state remembers counts only where it was made from the same members and by a key that is still accepted.</summary>
    /// <param name="cursor">What the source says.</param>
    /// <param name="scale">How its values compare.</param>
    /// <param name="isExact">The connector planned the reading.</param>
    /// <param name="prior">The state before; null for the first sync.</param>
    /// <param name="hash">The current key's.</param>
    /// <param name="keys">Those that are accepted.</param>
    /// <param name="store">Where the records lie; null where the mode stores nothing, or not all.</param>
    /// <param name="wentOn">An attempt before delivered records already.</param>
    /// <param name="isPartial">What that one read is not read again, whatever its value.</param>
    public static GapCheck Of(
        CursorParameters cursor, CursorScale scale, bool isExact, CursorState? prior, RecordHash hash, IReadOnlyList<byte[]> keys, GapStore? store, bool wentOn, bool isPartial)
    {
        // the rows of an extent are told apart as versions: key and cursor alone would say less
        var identity = new RecordIdentity(isExact ? [] : cursor.Gap.Key);
        var known = prior?.Gap;
        var before = known?.Identity != identity.Name || (store is null && cursor.Gap.Window == 0) ? null : known.KeyId == hash.Id ? hash : RecordHash.Of(keys, known.KeyId);
        return new GapCheck(cursor, scale, isExact, identity, hash, before ?? hash, before is null ? null : known, store, prior is null, () => DeliveredBefore.Of(prior, keys))
        {
            _isNew = wentOn,
            _isPartial = isPartial,
        };
    }

    /// <summary>No sync was complete before.</summary>
    public bool IsFirst { get; }

    /// <summary>What came of it; null before, and where there was nothing to check.</summary>
    public GapReport? Report { get; private set; }

    /// <summary>Why the source could not be asked again; null where it could.</summary>
    public SyncFailureException? Failure { get; private set; }

    /// <summary>Sees a record that this sync has read.</summary>
    /// <param name="document">The record.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="value">What they say; null of an extent's.</param>
    /// <param name="whole">The hash of its whole bytes, where somebody has made it.</param>
    /// <param name="isAside">A sync before, or an attempt at this one, delivered it.</param>
    public void See(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, CursorValue? value, UInt128? whole, bool isAside)
    {
        _isNew |= !isAside;
        if (_store is not null)
        {
            if (isAside && _knowsRepeats) Repeat(document, cursor, value, whole);
            if (!isAside || _knowsRepeats) return;
            if (value is { } read && (_trusted is null || read > _trusted)) _trusted = read;
            if (!_isExact) return;
        }

        _memory.Add(document, cursor, whole);
    }

    /// <summary>
    /// Compares a reading that its connector planned, looking further down the column: a record of the same transactions may be there that lies below where the reading looked,
    /// because it was written with an old value. With a window also what earlier syncs stored, where it is known.
    /// </summary>
    public IAsyncEnumerable<RecordBatch> ExtentAsync(IReadsWindows connector, SourceConnection source, ReadRequest request, long firstSeq, CancellationToken ct)
    {
        if (firstSeq == 0 && _parameters.Window == 0) return AsyncEnumerable.Empty<RecordBatch>();
        var extent = request.Window!.Extent!.Value;
        List<GapPart> parts = [new(request.Window with { Extent = connector.Widen(extent, _parameters.Window) })];
        if (_store is not null && !IsFirst && _parameters.Window > 0 && connector.Earlier(extent, _parameters.Window, _prior?.From) is { } earlier)
            parts.Add(new GapPart(request.Window with { Extent = earlier }, Above: _scale.Parse(_prior?.From), Trusts: _prior is null));
        _sawPast = parts.Count > 1;
        return RunAsync(connector, source, request, parts, _parameters.OnGap == "full" ? [new(request.Window with { Extent = connector.Widen(extent, null) })] : [], 0, firstSeq, ct);
    }

    /// <summary>What is to be compared (<see cref="GapRegion.Of"/>).</summary>
    public GapRegion RegionOf(CursorValue? from, CursorValue? reached, CursorValue end)
        => _parameters.Window > 0 && end.Kind == CursorKind.Text
            ? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.gap_window", ("field", _field)))
            : GapRegion.Of(_field, from, _store is null ? reached : null, end, _parameters.Window, _scale.Parse(_prior?.From));

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
        (_region, _least) = (region, (_store is not null || _parameters.Window > 0) && region.End.Kind != CursorKind.Text ? region.End.Minus(_parameters.Window) : null);
        List<GapPart> full = _parameters.OnGap != "full" ? [] : region.Below is { } below ? [new(below, All: true), new(region.Own)] : [new(region.Own)];
        return RunAsync(connector, source, request, [new(region.Window)], full, _store is null ? later : 0, firstSeq, ct);
    }

    /// <summary>What the next check needs to know; null where it goes back no further than its sync's own window, and nothing is stored.</summary>
    /// <param name="end">The first value that the next sync reads; null of an extent.</param>
    public GapState? Next(CursorValue? end)
    {
        if (_isExact) return NextOfExtent();
        if ((_store is null && _parameters.Window == 0) || end is not { } begins) return null;
        var anew = Anew(begins);
        if (_region is null) return _prior is not null && !(_store is not null && _isNew) && _scale.Parse(_prior.From) <= begins ? _prior : anew;
        if (!_isWhole || IsCountOnly || _least is not { } least) return anew;
        foreach (var (value, before, now) in _repeated)
        {
            if (value >= begins && _memory.TakeTrusted(before)) _ahead.Add((now, KeptPlace.None));
        }

        if (_kept.Count + _ahead.Count > GapMemory.Most) return anew;
        return Packed(anew with { From = (_region.Start is not { } start || start < least ? least : start).ToJson(), KnowsRepeats = !(_trusted >= begins) && SawRepeats });
    }

    /// <summary>Nothing that the sync before delivered, and the next one reads again, can have escaped this check.</summary>
    private bool SawRepeats => (!_isPartial && _repeated.Count <= GapMemory.Most) || (_knowsRepeats && !_memory.HasTrusted);

    private void Repeat(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, CursorValue? value, UInt128? whole)
    {
        if (_isExact || _prior is not { Hashes.Length: > 0 } || _repeated.Count > GapMemory.Most) return;
        var (before, now) = _memory.HashesOf(document, cursor, whole);
        _repeated.Add((value!.Value, before, now));
    }

    private GapState? NextOfExtent()
    {
        if (_store is null || _parameters.Window == 0 || !_isWhole || IsCountOnly || _kept.Count > GapMemory.Most) return null;
        if (_greatest is not { Kind: not CursorKind.Text } last) return _prior;

        // of the first sync all is known; of a later one whose past was not remembered, nothing below what that reached, and without having looked at it nothing
        var near = last.Minus(_parameters.Window);
        CursorValue? from = IsFirst ? near : !_sawPast ? null : _prior is null ? _pastGreatest : Later(near, _scale.Parse(_prior.From)!.Value);
        return from is { } known ? Packed(Anew(known)) : null;

        static CursorValue Later(CursorValue one, CursorValue other) => one > other ? one : other;
    }

    private bool IsCountOnly => _memory.IsCountOnly || _past.IsCountOnly;

    private GapState Anew(CursorValue from) => new() { From = from.ToJson(), KeyId = _hash.Id, Identity = _identity.Name };

    private GapState Packed(GapState state)
    {
        _kept.AddRange(_ahead);
        return _store is null ? state with { Hashes = CursorState.Pack(_kept.Select(k => k.Hash)) } : KeptRun.Pack(state, _kept, _store.Jobs);
    }

    private async IAsyncEnumerable<RecordBatch> RunAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, List<GapPart> parts, List<GapPart> full, long later, long firstSeq, [EnumeratorCancellation] CancellationToken ct)
    {
        if (_store is not null) await _store.LoadAsync(_prior, firstSeq, SeeStored, hashes => _past.Trust(hashes.Span), ct);
        var (delivered, canRepair) = (_memory.Count + (_isExact ? _past.Count : 0) + (_repeats?.Count ?? 0) - later, !IsCountOnly);
        var again = full.Count > 0 ? _memory.Copy() : null;
        var repeats = again is null ? null : _repeats?.Copy();
        if (again is { IsCountOnly: true }) full = Whole(request, full);
        foreach (var part in parts)
        {
            await foreach (var batch in ReadAsync(connector, source, request, part, part.IsPast ? _past : _memory, canRepair && full.Count == 0 && _parameters.OnGap != "warn", firstSeq, ct))
            {
                firstSeq = batch.FirstSeq + batch.Count;
                yield return batch;
            }
        }

        if (IsCountOnly) _missing = Math.Max(0, _found - delivered);
        if (again is not null && _missing > 0 && Failure is null)
        {
            var missing = _missing;
            _kept.Clear();
            _repeats = repeats;
            foreach (var part in full)
            {
                await foreach (var batch in ReadAsync(connector, source, request, part, again, delivers: true, firstSeq, ct))
                {
                    firstSeq = batch.FirstSeq + batch.Count;
                    yield return batch;
                }
            }

            _missing = missing;
        }

        _isWhole = Failure is null;
        Report = new GapReport(_isWhole, _missing, _isWhole && _missing > 0 && (_parameters.OnGap == "full" || (canRepair && _parameters.OnGap == "reread")), _store is null ? GapBasis.Delivered : GapBasis.Store, Why());
    }

    /// <summary>Where nobody knows any more which records arrived, all of them are delivered once more, those of this job too: better twice than never.</summary>
    private List<GapPart> Whole(ReadRequest request, List<GapPart> full)
        => _region is { } region ? [new(new CursorWindow { Field = region.Field, To = region.End.ToJson() }, All: true)] : [.. full.Select(part => part with { All = true })];

    /// <summary>A record of the store: in the region, to be found in the source; above it, for the next check.</summary>
    private void SeeStored(ReadOnlySpan<byte> document, KeptPlace place)
    {
        var json = _member.Find(document);
        if (_isExact)
        {
            (place.Job == _store!.Own ? _memory : _past).Add(document, json, place: place);
            return;
        }

        if (json.IsEmpty) return;
        var value = _scale.Measure(json);
        var region = _region!;

        // what has no place beside the others is read by every sync, as what has no value is
        if (!_scale.Compares(value, region.End)) return;
        if (value.Kind != CursorKind.Text && value.Kind == region.End.Kind)
        {
            if (value >= region.End) _ahead.Add((_identity.Compute(_hash, document, json), place));
            if (value >= region.End || (region.Start is { } start && start.Kind == value.Kind && value < start)) return;
        }

        _memory.Add(document, json, place: place);
    }

    /// <summary>Why not all was compared as it should be; null where it was.</summary>
    private TrackingReason? Why()
    {
        if (Failure is { } failure) return TrackingReason.Of("gap.source", ("error", failure.Failure.MessageKey));
        if (IsCountOnly) return TrackingReason.Of("gap.counts", ("most", GapMemory.Most));
        if (_store is null) return TrackingReason.Of("gap.not_stored");
        return _store.IsPurged ? TrackingReason.Of("gap.purged") : null;
    }

    /// <summary>Reads a part and hands out what is to be delivered of it. A source that fails before anything was handed out leaves the sync as good as it was.</summary>
    private async IAsyncEnumerable<RecordBatch> ReadAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, GapPart part, GapMemory known, bool delivers, long firstSeq, [EnumeratorCancellation] CancellationToken ct)
    {
        var filter = connector.ReadsInOrder ? null : new WindowFilter(part.Window, _scale);
        await using var batches = connector.ReadAsync(source, request with { Window = part.Window, ResumeToken = default, FirstSeq = firstSeq }, ct).GetAsyncEnumerator(ct);
        while (await MovesAsync(batches))
        {
            var batch = batches.Current;
            filter?.Apply(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                if (!batch.IsAside(i) && !(IsMissing(batch.Raw[i], batch.SeqOf(i), known, delivers, part) && delivers)) batch.SetAside(i);
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

    private bool IsMissing(ReadOnlySpan<byte> document, long seq, GapMemory known, bool delivers, GapPart part)
    {
        var json = _member.Find(document);
        if (json.IsEmpty && !_isExact) return false;
        CursorValue? value = json.IsEmpty || (_isExact && _parameters.Window == 0) ? null : _scale.Measure(json);
        if (part.Above is { } above && !(value > above)) return false;
        if (!_isExact && !_scale.Compares(value!.Value, _region!.End)) return false;
        if (!_isExact && !part.All && _region!.WasReadBefore(value!.Value))
        {
            if (_least is not null && value >= _least) _kept.Add((_identity.Compute(_hash, document, json), KeptPlace.None));
            return false;
        }

        if (part.Trusts)
        {
            if (value is { Kind: not CursorKind.Text } old && (_pastGreatest is null || old > _pastGreatest)) _pastGreatest = old;
            if (value is not null && _kept.Count <= GapMemory.Most) _kept.Add((_identity.Compute(_hash, document, json), KeptPlace.None));
            return false;
        }

        _found++;
        if (known.IsCountOnly) return part.All;
        var isKnown = known.Take(document, json, out var now, out var place) || (_repeats is not null && _repeats.Take(document));
        var wasDelivered = isKnown && !part.All;
        if (!wasDelivered) _missing++;
        if (_isExact && value is { } read && (_greatest is null || read > _greatest)) _greatest = read;
        var isNear = _isExact ? value is not null && _kept.Count <= GapMemory.Most : _least is { } least && value >= least;
        if (isNear && (wasDelivered || delivers)) _kept.Add((now, _store is null ? KeptPlace.None : wasDelivered ? place : new KeptPlace(_store.Own, seq)));
        return !wasDelivered;
    }
}
