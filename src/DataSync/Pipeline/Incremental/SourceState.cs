using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Incremental;

/// <summary>How far the incremental syncs of a source have come, and how far this run takes them. It moves in the transaction that completes the job, or not at all.</summary>
/// <param name="load">Reads what is stored now; null where nothing is.</param>
internal sealed class SourceState(Func<CancellationToken, ValueTask<StoredState?>> load)
{
    /// <summary>For runs that know of no state.</summary>
    public static SourceState None => new(static _ => ValueTask.FromResult<StoredState?>(null));

    /// <summary>The move that completing the job makes; null for none. Set once everything was read.</summary>
    public StateMove? Move { get; set; }

    /// <summary>What is stored now.</summary>
    public ValueTask<StoredState?> LoadAsync(CancellationToken ct) => load(ct);
}

/// <summary>A source's state as stored.</summary>
/// <param name="JobId">The job that wrote it.</param>
/// <param name="Data">What the record source wrote.</param>
internal sealed record StoredState(Guid? JobId, JsonElement Data)
{
    /// <summary>
    /// Refuses to go on in a sync that began at another state: a later one has delivered its records meanwhile, and what a source kept for it may be gone. A state that was taken away (reset) refuses nothing.
    /// </summary>
    /// <param name="began">The job that had written the state the sync began at; null where there was none.</param>
    public void DemandUnmoved(Guid? began)
    {
        if (JobId != began) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_moved"));
    }
}

/// <summary>A step of a source's state. Its JSON form is part of a checkpoint.</summary>
/// <param name="Base">The job that had written the state it goes on from; null where there was none. Where another has written since, the step is not made.</param>
/// <param name="Data">The state after it.</param>
/// <param name="Timestamp">Up to when the source was read (UTC, the source's clock where it has one).</param>
/// <param name="LastRecordId">Key or cursor of the last record, at most 255 characters; for people.</param>
/// <param name="Gap">What comparing with the source found, to be shown on the job; null where nothing was compared.</param>
/// <param name="Tracking">How changes were found, to be shown on the job; null where nobody chose.</param>
internal sealed record StateMove(
    Guid? Base, JsonElement Data, DateTimeOffset Timestamp, string? LastRecordId, GapReport? Gap = null, TrackingReport? Tracking = null);
