using System.Text;
using System.Text.Json;
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

    private IncrementalReading(SyncRun run, WindowToken begun, CursorBounds bounds, CursorState? prior, DeliveredRecords? delivered, string fingerprint, string keyId, ReadRequest request)
        => (_run, _begun, _bounds, _prior, _delivered, _fingerprint, _keyId, Request) = (run, begun, bounds, prior, delivered, fingerprint, keyId, request);

    /// <summary>What to ask the connector for.</summary>
    public ReadRequest Request { get; }

    /// <summary>Plans the window, or goes on in the one that an attempt before planned.</summary>
    public static async Task<IncrementalReading> BeginAsync(
        SyncRun run, IReadsWindows connector, SourceConnection source, ReadRequest request, CursorParameters cursor, IReadOnlyList<byte[]> keys, DateTimeOffset now, CancellationToken ct)
    {
        var fingerprint = CursorState.FingerprintOf(request, cursor.Field);
        var stored = await run.State.LoadAsync(ct);
        var prior = stored is null ? null : CursorState.Read(stored.Data);
        if (stored is not null && prior?.Fingerprint != fingerprint) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var token = WindowToken.Read(request.ResumeToken.Span);
        var begun = token ?? await PlanAsync(connector, source, request, cursor, stored, prior, now, ct);
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
        var delivered = isExact ? null : new DeliveredRecords(hash, before, bounds, [.. ((CursorState?[])[prior, token?.Delivered]).OfType<CursorState>()]);
        return new IncrementalReading(run, begun, bounds, prior, delivered, fingerprint, hash.Id, request with
        {
            Window = GoOn(begun.Window, token, isExact || !connector.ReadsInOrder),
            ResumeToken = token?.Connector is { } own ? Encoding.UTF8.GetBytes(own.GetRawText()) : default,
        });
    }

    /// <summary>Takes out what was delivered before, and gives the batch the token of this reading.</summary>
    public void Pass(RecordBatch batch)
    {
        _delivered?.Pass(batch);
        JsonElement? own = batch.ResumeToken.IsEmpty ? null : JsonElement.Parse(batch.ResumeToken.Span);
        if (_delivered is null)
        {
            if (own is not null) batch.ResumeToken = (_begun with { Connector = own }).ToJson();
            return;
        }

        batch.ResumeToken = _delivered.Count > HashesInToken || (own is null && !_bounds.IsOrdered)
            ? default
            : (_begun with { Connector = _bounds.IsOrdered ? null : own, Delivered = Now() }).ToJson();
    }

    /// <summary>Everything was read: the state moves as soon as the job is complete.</summary>
    public void Complete()
    {
        var next = _begun.Plan is { Extent: not null, Next: { } planned }
            ? new CursorState { Fingerprint = _fingerprint, Field = _bounds.Field, Plan = planned }
            : Now();
        _run.State.Move = new StateMove(_begun.Base, next.ToJson(), _begun.At, _delivered?.Last?.ToString());
    }

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
