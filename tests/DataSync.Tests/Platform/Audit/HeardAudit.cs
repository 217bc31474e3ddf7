using System.Collections.Concurrent;
using DataSync.Platform.Audit;

namespace DataSync.Tests.Platform.Audit;

/// <summary>A journal that keeps what it is told, for endpoints on a floor without a database.</summary>
internal sealed class HeardAudit : AuditJournal
{
    public ConcurrentQueue<PendingAuditEntry> Written { get; } = [];

    public ConcurrentQueue<PendingAuditEntry> Offered { get; } = [];

    /// <summary>What writing throws; null where it holds.</summary>
    public Exception? Fault { get; set; }

    public override Task WriteAsync(PendingAuditEntry entry, CancellationToken ct)
    {
        if (Fault is not null) return Task.FromException(Fault);
        Written.Enqueue(entry);
        return Task.CompletedTask;
    }

    public override void Offer(PendingAuditEntry entry) => Offered.Enqueue(entry);
}
