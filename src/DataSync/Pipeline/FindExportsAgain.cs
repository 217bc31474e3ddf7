namespace DataSync.Pipeline;

/// <summary>The jobs that exported a job's stored records again and are completed, the oldest first; none where the tenant has no such job. The room of the jobs answers it.</summary>
internal delegate Task<IReadOnlyList<Guid>> FindExportsAgain(string tenantId, Guid jobId, CancellationToken ct);
