using System.Text;
using System.Text.Json;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Changes;

/// <summary>One attempt at an incremental sync by a source's own record of its changes: where it begins, and the state after it.</summary>
internal sealed class ChangesReading
{
    private readonly SyncRun _run;
    private readonly ChangesToken _begun;
    private readonly string _fingerprint;

    private ChangesReading(SyncRun run, ChangesToken begun, string fingerprint, ReadRequest request) => (_run, _begun, _fingerprint, Request) = (run, begun, fingerprint, request);

    /// <summary>What to ask the connector for.</summary>
    public ReadRequest Request { get; }

    /// <summary>What is read.</summary>
    public ChangePlan Plan => _begun.Plan;

    /// <summary>What the job shows.</summary>
    public TrackingReport Report => new(_begun.Method, Plan.Everything, Plan.Reason, Plan.Position, Plan.LagBytes);

    /// <summary>Plans the sync from what is stored.</summary>
    public static async Task<ChangesReading> BeginAsync(
        SyncRun run, ITracksChanges connector, TrackingOffer offer, SourceConnection source, ReadRequest request, DateTimeOffset now, CancellationToken ct)
    {
        var fingerprint = ChangesState.FingerprintOf(request);
        var stored = await run.State.LoadAsync(ct);
        var (last, why) = stored is null ? (null, null) : Prior(stored.Data, request, fingerprint, offer.Method);
        var plan = await connector.PlanAsync(source, request with { ResumeToken = default }, offer, last, ct);
        if (plan is { Everything: true, Reason: null }) plan = plan with { Reason = why };
        return new ChangesReading(run, new ChangesToken { Base = stored?.JobId, At = now, Method = offer.Method, Plan = plan }, fingerprint, request with { ResumeToken = default });
    }

    /// <summary>Goes on where an attempt before broke off.</summary>
    public static async Task<ChangesReading> GoOnAsync(SyncRun run, ChangesToken token, ReadRequest request, CancellationToken ct)
    {
        (await run.State.LoadAsync(ct))?.DemandUnmoved(token.Base);
        return new ChangesReading(run, token, ChangesState.FingerprintOf(request), request with
        {
            ResumeToken = token.Connector is { } own ? Encoding.UTF8.GetBytes(own.GetRawText()) : default,
        });
    }

    /// <summary>What looking at the source's record of changes found after the reading; null where nobody looked for anything, and nothing was found.</summary>
    public GapReport? Gap { get; private set; }

    /// <summary>
    /// Looks, once the changes are read, whether all were there, and whether those that follow are still to be had. Where not, and the source wants it repaired, the answer is a reading of everything that belongs to
    /// the same sync; else the next sync reads everything. A connector that looked for nothing has nothing to tell.
    /// </summary>
    public async Task<ChangesReading?> CheckAsync(ITracksChanges connector, SourceConnection source, GapParameters check, long firstSeq, CancellationToken ct)
    {
        if (Plan.Everything || !Plan.IsChecked) return null;
        var repairs = Plan.Lost is not null && check.OnGap != "warn";
        Gap = new GapReport(true, Plan.Lost is null ? 0 : 1, repairs, GapBasis.Log, Plan.Lost);
        if (!repairs) return null;
        var request = Request with { ResumeToken = default, FirstSeq = firstSeq };
        var plan = await connector.PlanAsync(source, request, new TrackingOffer(_begun.Method, true), null, ct);
        return new ChangesReading(_run, _begun with { Plan = plan with { Reason = Plan.Lost } }, _fingerprint, request) { Gap = Gap };
    }

    /// <summary>Gives the batch the token of this reading.</summary>
    public void Pass(RecordBatch batch)
    {
        if (!batch.ResumeToken.IsEmpty) batch.ResumeToken = (_begun with { Connector = JsonElement.Parse(batch.ResumeToken.Span) }).ToJson();
    }

    /// <summary>Everything was read: the state moves as soon as the job is complete.</summary>
    public void Complete()
    {
        var state = new ChangesState { Fingerprint = _fingerprint, Method = _begun.Method, Next = Plan.Next, Position = Plan.Position, Lost = Plan.Lost };
        _run.State.Move = new StateMove(_begun.Base, state.ToJson(), _begun.At, Plan.Position, Gap, Report);
    }

    /// <summary>The position to go on from; or, where there is none, why everything is read: changes were found by another method, or some were lost. A state of another table is of no use to anybody.</summary>
    private static (JsonElement? Last, TrackingReason? Why) Prior(JsonElement stored, ReadRequest request, string fingerprint, string method)
    {
        if (ChangesState.Read(stored) is { } changes && changes.Fingerprint == fingerprint)
            return changes.Method != method ? (null, Changed(changes.Method)) : changes.Lost is { } lost ? (null, lost) : (changes.Next, null);
        if (CursorState.Read(stored) is { } cursor && cursor.Fingerprint == CursorState.FingerprintOf(request, cursor.Field)) return (null, Changed(TrackingMethods.Cursor));
        throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));

        TrackingReason Changed(string before) => TrackingReason.Of("tracking.method_changed", ("before", before), ("now", method));
    }
}
