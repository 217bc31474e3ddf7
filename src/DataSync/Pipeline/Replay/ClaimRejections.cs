using System.Data.Common;

namespace DataSync.Pipeline.Replay;

/// <summary>Which refused records of a job to run again: those named, else all that are left and that the rule and the code refused.</summary>
/// <param name="Seqs">Their sequence numbers; null for all.</param>
/// <param name="RuleId">Only those of this rule; null for any.</param>
/// <param name="Code">Only those with this code; null for any.</param>
internal sealed record RejectionChoice(IReadOnlyList<long>? Seqs, string? RuleId, string? Code);

/// <summary>
/// Gives refused records of a job to the job that runs them again, in the caller's open transaction, and returns how many. A record is given once: where one of those
/// named was given before, or none is left, it throws with <c>errors.rejections.replayed</c>. The room that keeps the records answers it.
/// </summary>
internal delegate Task<long> ClaimRejections(DbConnection connection, string tenantId, Guid jobId, RejectionChoice choice, Guid replayJobId, CancellationToken ct);

/// <summary>How a job keeps its records, and the state it is in; null where the tenant has no such job. The room of the jobs answers it.</summary>
internal delegate Task<(string Mode, string Status)?> FindJobState(string tenantId, Guid jobId, CancellationToken ct);
