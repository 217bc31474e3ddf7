namespace DataSync.Pipeline.Incremental;

/// <summary>Which records of a job to read back.</summary>
/// <param name="TenantId">Whose.</param>
/// <param name="JobId">The job that stored them.</param>
/// <param name="From">The first ordinal.</param>
/// <param name="To">The last ordinal.</param>
/// <param name="Limit">Records at most; null for all.</param>
internal readonly record struct KeptRange(string TenantId, Guid JobId, long From, long To, int? Limit = null);

/// <summary>
/// Streams the originals of what a job keeps, stored and refused, in their order, each with its ordinal (<see cref="RecordBatch.Seqs"/>). Nothing comes where nothing is kept, or not any
/// more. The consumer disposes the batches. The room that keeps the records answers it.
/// </summary>
internal delegate IAsyncEnumerable<RecordBatch> ReadKept(KeptRange range, CancellationToken ct);

/// <summary>
/// True where of a job nothing is kept any more, or less than it stored by its own count: records were removed since, by retention or an erasure. Costs a count of all that it keeps.
/// </summary>
internal delegate Task<bool> LacksKept(string tenantId, Guid jobId, CancellationToken ct);
