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

    private IncrementalReading(
        SyncRun run, WindowToken begun, CursorBounds bounds, CursorState? prior, DeliveredRecords? delivered, string fingerprint, string keyId, GapCheck? gap, ReadRequest request)
        => (_run, _begun, _bounds, _prior, _delivered, _fingerprint, _keyId, _gap, Request)
            = (run, begun, bounds, prior, delivered, fingerprint, keyId, gap, request);

    /// <summary>What to ask the connector for.</summary>
    public ReadRequest Request { get; }

    /// <summary>Why the source could not be asked again; null where it could, or did not have to be.</summary>
    public SyncFailureException? Unchecked => _gap?.Failure;

    /// <summary>What comparing with the source found; null where nothing was compared.</summary>
    public GapReport? Gap => _gap?.Report;

    /// <summary>The state it began at was one of followed changes: whatever the source keeps for following is needed no more. Null where there is none.</summary>
    public ChangesState? Followed { get; private init; }

    /// <summary>Plans the window, or goes on in the one that an attempt before planned. By another method's state everything is read once.</summary>
    public static async Task<IncrementalReading> BeginAsync(
        SyncRun run, IReadsWindows connector, SourceConnection source, ReadRequest request, CursorParameters cursor, IReadOnlyList<byte[]> keys, DateTimeOffset now, CancellationToken ct,
        TrackingReason? why = null)
    {
        var fingerprint = CursorState.FingerprintOf(request, cursor.Field);
        var stored = await run.State.LoadAsync(ct);
        var prior = stored is null ? null : CursorState.Read(stored.Data);
        var followed = stored is null || prior is not null ? null : ChangesState.Read(stored.Data);
        if (stored is not null && prior?.Fingerprint != fingerprint && followed?.Fingerprint != ChangesState.FingerprintOf(request))
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var token = WindowToken.Read(request.ResumeToken.Span);
        var begun = token ?? await PlanAsync(connector, source, request, cursor, stored, prior, now, ct) with
        {
            Tracking = request.Table is null && why is null ? null : new TrackingReport(TrackingMethods.Cursor, followed is not null, why),
        };
        var bounds = new CursorBounds
        {
            Field = cursor.Field,
            IsOrdered = connector.ReadsInOrder,
            Nulls = cursor.ReadsNulls,
            Lag = cursor.Lag,
            From = prior?.Cursor,
            Floor = begun.Plan?.Floor,
            IsUndecided = begun.Plan?.IsUndecided ?? false,
        };
        var isExact = begun.Plan?.Extent is not null;
        var hash = RecordHash.Current(keys);
        var before = prior is null || prior.KeyId == hash.Id ? hash : RecordHash.Of(keys, prior.KeyId) ?? hash;
        var goesOn = token?.Connector is not null;
        var gap = (cursor.Gap.IsGiven || (prior is not null && connector.ReadsInOrder && !isExact)) && !goesOn ? GapCheck.Of(cursor, isExact, prior?.Gap, hash, keys) : null;
        var delivered = isExact ? null : new DeliveredRecords(hash, before, bounds, [.. ((CursorState?[])[prior, token?.Delivered]).OfType<CursorState>()], gap?.Memory, goesOn ? token!.Delivered : null);
        return new IncrementalReading(run, begun, bounds, prior, delivered, fingerprint, hash.Id, gap, request with
        {
            Window = GoOn(begun.Window, token, isExact || !connector.ReadsInOrder),
            ResumeToken = token?.Connector is { } own ? Encoding.UTF8.GetBytes(own.GetRawText()) : default,
        })
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
            for (var i = 0; _gap is not null && i < batch.Count; i++) _gap.Memory.Add(batch.Raw[i], default);
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
        if (GapRegion.ValueOf(Now().Cursor) is not { } end) return AsyncEnumerable.Empty<RecordBatch>();
        var region = _gap.RegionOf(GapRegion.ValueOf(_prior?.Cursor), GapRegion.ValueOf(Request.Window!.From), end);
        return region.IsEmpty ? AsyncEnumerable.Empty<RecordBatch>() : _gap.RegionAsync(connector, source, Request, region, _delivered.Recent, firstSeq, ct);
    }

    /// <summary>Everything was read: the state moves as soon as the job is complete.</summary>
    public void Complete()
    {
        var next = _begun.Plan is { Extent: not null, Next: { } planned }
            ? new CursorState { Fingerprint = _fingerprint, Field = _bounds.Field, Plan = planned }
            : WithGap(Now());
        _run.State.Move = new StateMove(_begun.Base, next.ToJson(), _begun.At, _delivered?.Last?.ToString(), Gap, _begun.Tracking);
    }

    private CursorState WithGap(CursorState state) => _gap is null ? state : state with { Gap = _gap.Next(GapRegion.ValueOf(state.Cursor)) };

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

    /// <summary>The state as of the records passed so far.</summary>
    private CursorState Now()
    {
        var (recent, nulls) = _delivered!.Hashes();
        var state = new CursorState { Fingerprint = _fingerprint, Field = _bounds.Field, KeyId = _keyId, Hashes = recent, Nulls = nulls };
        return _delivered.Last is { } last
            ? state with { Cursor = _bounds.Next(last)?.ToJson(), Last = last.ToJson() }
            : state with { Cursor = _prior?.Cursor, Last = _prior?.Last, Hashes = _prior?.Hashes ?? [], KeyId = _prior?.KeyId ?? _keyId };
    }
}
