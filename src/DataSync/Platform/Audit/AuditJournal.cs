namespace DataSync.Platform.Audit;

/// <summary>Takes entries that belong to no change of ours.</summary>
internal abstract class AuditJournal
{
    /// <summary>Returns once the entry is on disk; throws where that cannot be, so that what it tells of does not happen.</summary>
    public abstract Task WriteAsync(PendingAuditEntry entry, CancellationToken ct);

    /// <summary>Has the entry written soon. It may be lost with the process, or while the database is away: for what was refused, and did not happen.</summary>
    public abstract void Offer(PendingAuditEntry entry);
}
