using System.Text.Json;
using DataSync.Pipeline.Connectors;

namespace DataSync.Pipeline.Incremental;

/// <summary>
/// A connector that can follow a table's changes by the source's own record of them: inserts, updates and deletes, in the order they were committed, none twice.
/// Requests have a table, never a query.
/// </summary>
internal interface ITracksChanges : IConnector
{
    /// <summary>Looks whether the changes of this table are recorded and reachable, and by which way. Changes nothing in the source.</summary>
    Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct);

    /// <summary>
    /// Where this sync begins and how far it goes. A position that the source does not have any more, or never had, yields <see cref="ChangePlan.Everything"/> with the reason.
    /// </summary>
    /// <param name="connection">The source.</param>
    /// <param name="request">What is to be read.</param>
    /// <param name="offer">What <see cref="OfferAsync"/> answered a moment ago; it is available.</param>
    /// <param name="last"><see cref="ChangePlan.Next"/> of the last sync that is complete and stored, by the same method; null for the first. What the source keeps for what lies before it may be given up.</param>
    /// <param name="ct">Ends the look.</param>
    Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct);

    /// <summary>
    /// Reads it: the whole table in one snapshot, such that the changes after the plan's next are exactly those the snapshot does not hold; or the changes. Goes on behind the batch whose
    /// token <see cref="ReadRequest.ResumeToken"/> is, with the plan as it was then. A batch without records says that there were none up to where its token goes on.
    /// Whatever befell the record of changes between the plan and the end of the reading, what was missing is <see cref="ChangePlan.Lost"/>.
    /// </summary>
    IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct);

    /// <summary>What the customer runs once so that changes are recorded, and what takes it away: generated from the table as it is, for the source's login.</summary>
    /// <param name="connection">The source.</param>
    /// <param name="request">What is to be read.</param>
    /// <param name="last">As in <see cref="PlanAsync"/>, whatever the method it was left by: what lies before it may be removed.</param>
    /// <param name="ct">Ends the look.</param>
    Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct);

    /// <summary>What the source's server keeps for following it, whatever of it is followed; null where it keeps nothing.</summary>
    Task<HeldLog?> HeldAsync(SourceConnection connection, CancellationToken ct) => Task.FromResult<HeldLog?>(null);

    /// <summary>Nobody will follow the source any more: gives back what its server keeps for it. Where it keeps nothing, does nothing.</summary>
    /// <param name="connection">The source.</param>
    /// <param name="last">As in <see cref="PlanAsync"/>; null where no sync is stored, though one may have begun.</param>
    /// <param name="ct">Ends it.</param>
    /// <param name="isUnused">Asked once nobody can begin to follow the source any more before this is over: false leaves everything as it is. Null: nobody will. Not asked where nothing is kept by any server.</param>
    Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null);
}

/// <summary>What a server keeps for following a source.</summary>
/// <param name="Bytes">Of its log; null where it does not tell.</param>
internal sealed record HeldLog(long? Bytes);
