namespace DataSync.Pipeline;

/// <summary>Whether a tenant has a job: what hangs below a job's address is absent where the job is. The room of the jobs answers it.</summary>
internal delegate Task<bool> JobExists(string tenantId, Guid jobId, CancellationToken ct);
