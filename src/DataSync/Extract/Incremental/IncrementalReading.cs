using System.Text;
using System.Text.Json;
using DataSync.Extract.Incremental.Changes;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental;

/// <summary>
/// One attempt at an incremental sync by a column that grows: the window from where the last sync ended, the records in it that are new, and the state after it.
/// </summary>
internal sealed class IncrementalReading
{
    /// <summary>A token with more hashes than this costs more than beginning the window again.</summary>
    private const int HashesInToken = 2_000;

    private readonly SyncRun _run;
    private readonly WindowToken _begun;
    private readonly CursorBounds _bounds;
    private readonly CursorState? _prior;
    private readonly DeliveredRecords? _delivered;
    private readonly string _fingerprint;
    private readonly string _keyId;
    private readonly GapCheck? _gap;
    private readonly TrackingReason? _whyNot;

    /// <summary>How far an earlier attempt at this sync came, where this one reads on from there; null where none did, or <see cref="_delivered"/> goes on itself.</summary>
    private readonly CursorState? _reached;

    private IncrementalReading(
        SyncRun run, WindowToken begun, CursorBounds bounds, CursorState? prior, DeliveredRecords? delivered, string fingerprint, string keyId, GapCheck? gap, TrackingReason? whyNot,
        ReadRequest request, CursorState? reached)
        => (_run, _begun, _bounds, _prior, _delivered, _fingerprint, _keyId, _gap, _whyNot, Request, _reached)
            = (run, begun, bounds, prior, delivered, fingerprint, keyId, gap, whyNot, request, reached);

    /// <summary>What to ask the connector for.</summary>
    public ReadRequest Request { get; }

    /// <summary>Why the source could not be asked again; null where it could, or did not have to be.</summary>
    public SyncFailureException? Unchecked => _gap?.Failure;

    /// <summary>Records whose cursor has no place beside the others: none of them was taken for old.</summary>
    public long Odd => _delivered?.Odd ?? 0;

    /// <summary>What comparing with the source found, or why nothing was compared; null where there was nothing to compare.</summary>
    public GapReport? Gap => _whyNot is { } why ? new GapReport(false, 0, false, Reason: why) : _gap?.Report;

    /// <summary>The state it began at was one of followed changes: whatever the source keeps for following is needed no more. Null where there is none.</summary>
    public ChangesState? Followed { get; private init; }

    /// <summary>Plans the window, or goes on in the one that an attempt before planned. By another method's state everything is read once.</summary>
    public static async Task<IncrementalReading> BeginAsync(
        SyncRun run, IReadsWindows connector, SourceConnection source, ReadRequest request, CursorParameters cursor, IReadOnlyList<byte[]> keys, DateTimeOffset now, ReadKept kept, LacksKept lacks,
        CancellationToken ct, TrackingReason? why = null)
    {
        var fingerprint = CursorState.FingerprintOf(request, cursor.Field);
        var stored = await run.State.LoadAsync(ct);
        var prior = stored is null ? null : CursorState.Read(stored.Data);
        var followed = stored is null || prior is not null ? null : ChangesState.Read(stored.Data);
        if (stored is not null && prior?.Fingerprint != fingerprint && followed?.Fingerprint != ChangesState.FingerprintOf(request))
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var token = WindowToken.Read(request.ResumeToken.Span);
        if (token is not null) stored?.DemandUnmoved(token.Base);
        var begun = token ?? await PlanAsync(connector, source, request, cursor, stored, prior, now, ct);
        var everything = begun.Plan?.Everything;
        if (token is null && (request.Table is not null || why is not null))
            begun = begun with { Tracking = new TrackingReport(TrackingMethods.Cursor, followed is not null || everything is not null, everything ?? why) };
        if (everything is not null) prior = null;
        var bounds = new CursorBounds
        {
            Field = cursor.Field,
            IsOrdered = connector.ReadsInOrder,
            Scale = CursorScale.Of(connector.ReadsInOrder, cursor.Order),
            Nulls = cursor.ReadsNulls,
            Lag = cursor.Lag,
            From = prior?.Cursor,
            Floor = begun.Plan?.Floor,
            IsUndecided = begun.Plan?.IsUndecided ?? false,
        };
        var isExact = begun.Plan?.Extent is not null;
        var hash = RecordHash.Current(keys);
        var goesOn = token?.Connector is not null;
        var store = run.Plan.Mode == SyncModes.Async ? new GapStore(kept, lacks, run) : null;
        var whyNot = WhyNotCompared(run, cursor, goesOn && store is null);
        var gap = whyNot is null ? GapCheck.Of(cursor, bounds.Scale, isExact, prior, hash, keys, store, request.FirstSeq > 0, goesOn) : null;
        var delivered = isExact ? null : new DeliveredRecords(hash, bounds, Known([prior, token?.Delivered], keys), gap, goesOn ? token!.Delivered : null);
        return new IncrementalReading(run, begun, bounds, prior, delivered, fingerprint, hash.Id, gap, whyNot, request with
        {
            Window = GoOn(begun.Window, token, isExact || !connector.ReadsInOrder),
            ResumeToken = token?.Connector is { } own ? Encoding.UTF8.GetBytes(own.GetRawText()) : default,
        }, goesOn ? null : token?.Delivered)
        {
            Followed = followed,
        };
    }

    /// <summary>Takes out what was delivered before, and gives the batch the token of this reading.</summary>
    public void Pass(RecordBatch batch)
    {
        _delivered?.Pass(batch);
        JsonElement? own = batch.ResumeToken.IsEmpty ? null : JsonElement.Parse(batch.ResumeToken.Span);
        if (_delivered is null)
        {
            for (var i = 0; _gap is not null && i < batch.Count; i++) _gap.See(batch.Raw[i], default, null, null, batch.IsAside(i));
            if (own is not null) batch.ResumeToken = (_begun with { Connector = own }).ToJson();
            return;
        }

        batch.ResumeToken = _delivered.Count > HashesInToken || (own is null && !_bounds.IsOrdered)
            ? default
            : (_begun with { Connector = _bounds.IsOrdered ? null : own, Delivered = Now() }).ToJson();
    }

    /// <summary>Compares what was delivered with what the source has now, and hands out what is missing where the source says so. After the last batch, before <see cref="Complete"/>.</summary>
    /// <param name="connector">The source's.</param>
    /// <param name="source">The source.</param>
    /// <param name="firstSeq">Ordinal of the first record that is handed out.</param>
    /// <param name="ct">Ends it.</param>
    public IAsyncEnumerable<RecordBatch> CheckAsync(IReadsWindows connector, SourceConnection source, long firstSeq, CancellationToken ct)
    {
        if (_gap is null) return AsyncEnumerable.Empty<RecordBatch>();
        if (_delivered is null) return _gap.ExtentAsync(connector, source, Request, firstSeq, ct);
        if (_bounds.Scale.Parse(Now(isWhole: true).Cursor) is not { } end) return AsyncEnumerable.Empty<RecordBatch>();
        var region = _gap.RegionOf(_bounds.Scale.Parse(_prior?.Cursor), _bounds.Scale.Parse(Request.Window!.From), end);
        return region.IsEmpty ? AsyncEnumerable.Empty<RecordBatch>() : _gap.RegionAsync(connector, source, Request, region, _delivered.Recent, firstSeq, ct);
    }

    /// <summary>Everything was read: the state moves as soon as the job is complete.</summary>
    public void Complete()
    {
        var next = _begun.Plan is { Extent: not null, Next: { } planned }
            ? WithGap(new CursorState { Fingerprint = _fingerprint, Field = _bounds.Field, Plan = planned })
            : WithGap(Now(isWhole: true));
        _run.State.Move = new StateMove(_begun.Base, next.ToJson(), _begun.At, (_delivered?.Last ?? _bounds.Scale.Parse(_reached?.Last))?.ToString(), Gap, _begun.Tracking);
    }

    /// <summary>What was delivered before, each state with the key that made it: they need not have one. What no accepted key made says nothing.</summary>
    private static List<(RecordHash By, CursorState State)> Known(IEnumerable<CursorState?> states, IReadOnlyList<byte[]> keys)
        => [.. states.OfType<CursorState>().Select(s => (By: RecordHash.Of(keys, s.KeyId), State: s)).Where(s => s.By is not null).Select(s => (s.By!, s.State))];

    /// <summary>Why nothing can be compared; null where it can. What an API shows of a record may change with every look, so without a key there its records cannot be told apart.</summary>
    private static TrackingReason? WhyNotCompared(SyncRun run, CursorParameters cursor, bool wentOn)
    {
        if (wentOn) return TrackingReason.Of("gap.went_on");
        return run.SourceType == "pull" && cursor.Gap is { IsGiven: false, Key.Count: 0 } ? TrackingReason.Of("gap.no_key") : null;
    }

    private CursorState WithGap(CursorState state) => _gap is null ? state : state with { Gap = _gap.Next(_bounds.Scale.Parse(state.Cursor)) };

    private static async Task<WindowToken> PlanAsync(
        IReadsWindows connector, SourceConnection source, ReadRequest request, CursorParameters cursor, StoredState? stored, CursorState? prior, DateTimeOffset now,
        CancellationToken ct)
    {
        var window = new CursorWindow { Field = cursor.Field, Nulls = cursor.ReadsNulls, From = prior?.Cursor };
        var plan = await connector.PlanAsync(source, request with { Window = window, ResumeToken = default }, prior?.Plan, cursor.Lag, ct);
        return new WindowToken { Base = stored?.JobId, At = now, Plan = plan, Window = window with { Extent = plan?.Extent } };
    }

    /// <summary>A connector without a token of its own goes on, in the order of the column, from where the next sync would: what was delivered from there on is known by its hashes.</summary>
    private static CursorWindow GoOn(CursorWindow window, WindowToken? token, bool connectorGoesOn)
        => connectorGoesOn || token?.Delivered?.Cursor is not { } reached ? window : window with { From = reached };

    /// <summary>Below this the next sync does not begin: with a lag it would, once the last rows are gone, and deliver again what is no longer remembered there. A floor knows better.</summary>
    private CursorState? Least => _reached ?? (_bounds.Floor is null ? _prior : null);

    private bool IsBefore(CursorValue? next, CursorState least)
        => next is { Kind: not CursorKind.Text } value && _bounds.Scale.Parse(least.Cursor) is { } begins && begins.Kind == value.Kind && value < begins;

    /// <summary>The state as of the records passed so far.</summary>
    /// <param name="isWhole">They are all.</param>
    private CursorState Now(bool isWhole = false)
    {
        var (recent, nulls) = _delivered!.Hashes(isWhole);
        var state = new CursorState { Fingerprint = _fingerprint, Field = _bounds.Field, KeyId = _keyId, Hashes = recent, Nulls = nulls };
        if (_delivered.Last is { } last)
        {
            var next = _bounds.Next(last, isWhole || _delivered.IsPastFloor);
            if (Least is not { } least || !IsBefore(next, least)) return state with { Cursor = next?.ToJson(), Last = last.ToJson() };
            return state with { Cursor = least.Cursor, Last = _bounds.Scale.Parse(least.Last) is { } greatest && greatest > last ? least.Last : last.ToJson() };
        }

        // nothing had a value: those of the attempt before, or of the last sync, still hold, unless their key is not the one that this sync's hashes are made by
        var before = _reached ?? _prior;
        var keeps = before?.KeyId is { } key && (key == _keyId || nulls.Length == 0);
        return state with { Cursor = before?.Cursor, Last = before?.Last, Hashes = keeps ? before!.Hashes : [], KeyId = keeps ? before!.KeyId : _keyId };
    }
}
