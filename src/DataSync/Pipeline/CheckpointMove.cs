using System.Data.Common;
using DataSync.Pipeline.Refinement;

namespace DataSync.Pipeline;

/// <summary>A step of a job's checkpoint, with the counters as they are after it.</summary>
/// <param name="Next">Where an attempt after this one goes on.</param>
/// <param name="Records">Records kept so far.</param>
/// <param name="Rejected">Records refused so far.</param>
/// <param name="Bytes">Payload bytes read so far.</param>
/// <param name="Rules">How often rules were met so far; null where none ran.</param>
internal sealed record CheckpointMove(Checkpoint Next, long Records, long Rejected, long Bytes, RuleHits? Rules = null);

/// <summary>
/// Moves the checkpoint inside the caller's open transaction, as its last statement: where the run's fence is not the job's any more, it throws
/// <see cref="StaleFenceException"/> and the transaction must roll back.
/// </summary>
internal delegate Task AdvanceCheckpoint(DbConnection connection, CheckpointMove move, CancellationToken ct);

/// <summary>Notes, in a transaction of its own, that this connection writes the run's records, so that whoever takes the job over can end it.</summary>
internal delegate Task RegisterWriter(DbConnection connection, CancellationToken ct);

/// <summary>Another worker has the job now. What this one had in hand is rolled back and it stops; the job goes on elsewhere.</summary>
internal sealed class StaleFenceException() : Exception("The job was taken over by another worker.");
