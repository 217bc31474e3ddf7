using System.Linq.Expressions;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Jobs.Webhooks.Deliveries;

/// <summary>A tenant's deliveries, with their jobs; their payloads stay where they are.</summary>
internal sealed class DeliveryStore(TenantDatabase database, InboxBell bell)
{
    /// <summary>The delivery, or null where this tenant has none of that id.</summary>
    public async Task<DeliveryRow?> FindAsync(string tenantId, Guid deliveryId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await FindAsync(transaction.Db, deliveryId, ct);
    }

    /// <summary>Deliveries from the newest to the oldest, beginning below one.</summary>
    public async Task<IReadOnlyList<DeliveryRow>> ListAsync(string tenantId, string? sourceId, string? status, (DateTimeOffset At, Guid Id)? before, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        Expression<Func<WebhookDelivery, bool>> wanted = before is { } last
            ? d => (sourceId == null || d.SourceId == sourceId) && (d.ReceivedAt < last.At || (d.ReceivedAt == last.At && d.DeliveryId.CompareTo(last.Id) < 0))
            : d => sourceId == null || d.SourceId == sourceId;
        var found = Joined(transaction.Db, wanted);
        found = status switch
        {
            DeliveryStatus.Received => found.Where(f => f.Delivery.JobId == null && f.Delivery.Failure == null),
            DeliveryStatus.Processing => found.Where(f => f.Delivery.JobId != null && f.Delivery.Failure == null
                && (f.Job == null || (f.Job.Status != JobStatus.Completed && f.Job.Status != JobStatus.Failed && f.Job.Status != JobStatus.Cancelled))),
            DeliveryStatus.Completed => found.Where(f => f.Delivery.Failure == null && f.Job!.Status == JobStatus.Completed),
            DeliveryStatus.Failed => found.Where(f => f.Delivery.Failure != null || f.Job!.Status == JobStatus.Failed || f.Job.Status == JobStatus.Cancelled),
            _ => found,
        };
        return await Rows(found.OrderByDescending(f => f.Delivery.ReceivedAt).ThenByDescending(f => f.Delivery.DeliveryId).Take(count)).ToListAsync(ct);
    }

    /// <summary>Has a delivery wait again, for its source's next job. False where this tenant has none of that id; throws where it cannot be run again.</summary>
    public async Task<bool> ReplayAsync(string tenantId, Guid deliveryId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await using (var replay = transaction.Command(
            """
            UPDATE webhook_deliveries d SET job_id = NULL, position = NULL, failure = NULL, replays = replays + 1
            WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.payload IS NOT NULL
              AND (d.failure IS NOT NULL OR EXISTS (SELECT 1 FROM sync_jobs j WHERE j.tenant_id = d.tenant_id AND j.id = d.job_id AND j.status IN ('completed', 'failed', 'cancelled')))
            """,
            tenantId, deliveryId))
        {
            if (await replay.ExecuteNonQueryAsync(ct) == 0)
            {
                if (await FindAsync(transaction.Db, deliveryId, ct) is not { } row) return false;
                throw new SyncFailureException(SyncFailure.Permanent(row.HasPayload ? "errors.webhook.not_ended" : "errors.webhook.nothing_kept"));
            }
        }

        await transaction.CommitChangeAsync(ct);
        bell.Ring();
        return true;
    }

    private static Task<DeliveryRow?> FindAsync(DataSyncDbContext db, Guid deliveryId, CancellationToken ct)
        => Rows(Joined(db, d => d.DeliveryId == deliveryId)).SingleOrDefaultAsync(ct);

    private static IQueryable<DeliveryAndJob> Joined(DataSyncDbContext db, Expression<Func<WebhookDelivery, bool>> wanted)
        => from d in db.Set<WebhookDelivery>().AsNoTracking().Where(wanted)
           join j in db.Set<SyncJob>().AsNoTracking() on new { d.TenantId, Id = d.JobId } equals new { j.TenantId, Id = (Guid?)j.Id } into jobs
           from j in jobs.DefaultIfEmpty()
           select new DeliveryAndJob { Delivery = d, Job = j };

    private static IQueryable<DeliveryRow> Rows(IQueryable<DeliveryAndJob> found)
        => found.Select(f => new DeliveryRow(
            f.Delivery.DeliveryId, f.Delivery.SourceId, f.Delivery.WebhookId, f.Delivery.ReceivedAt, f.Delivery.Bytes, f.Delivery.Payload != null, f.Delivery.Replays, f.Delivery.JobId,
            f.Delivery.Failure, f.Job));

    private sealed class DeliveryAndJob
    {
        public required WebhookDelivery Delivery { get; init; }

        public required SyncJob? Job { get; init; }
    }
}
