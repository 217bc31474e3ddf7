using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Alerts.States;

/// <summary>A tenant's alerts in the database. Opening them, and ending them, is <see cref="Evaluation.AlertMoves"/>'s.</summary>
internal sealed class AlertStore(TenantDatabase database)
{
    /// <summary>Up to <paramref name="count"/> alerts, the newest first, before one.</summary>
    public Task<List<Alert>> ListAsync(string tenantId, string? status, string? rule, (DateTimeOffset OpenedAt, Guid Id)? before, int count, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        var alerts = transaction.Db.Set<Alert>().AsNoTracking();
        if (status is not null) alerts = alerts.Where(a => (a.OverAt == null) == (status == AlertView.Open));
        if (rule is not null) alerts = alerts.Where(a => a.RuleId == rule);
        if (before is var (openedAt, id)) alerts = alerts.Where(a => EF.Functions.LessThan(ValueTuple.Create(a.OpenedAt, a.AlertId), ValueTuple.Create(openedAt, id)));
        return await alerts.OrderByDescending(a => a.OpenedAt).ThenByDescending(a => a.AlertId).Take(count).ToListAsync(ct);
    }, ct);

    /// <summary>The alert, or null.</summary>
    public Task<Alert?> FindAsync(string tenantId, Guid id, CancellationToken ct)
        => database.RunAsync(tenantId, t => t.Db.Set<Alert>().AsNoTracking().SingleOrDefaultAsync(a => a.AlertId == id, ct), ct);

    /// <summary>Notes who has taken the alert in hand, the first time; the alert, or null where there is none.</summary>
    public async Task<Alert?> AcknowledgeAsync(string tenantId, Guid id, string by, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var acknowledged = await transaction.Db.Database.ExecuteSqlAsync($"UPDATE alerts SET acknowledged_at = now(), acknowledged_by = {by} WHERE tenant_id = {tenantId} AND alert_id = {id} AND acknowledged_at IS NULL", ct);
        var alert = await transaction.Db.Set<Alert>().AsNoTracking().SingleOrDefaultAsync(a => a.AlertId == id, ct);
        if (acknowledged > 0) await transaction.CommitChangeAsync(ct);
        else await transaction.CommitAsync(ct);
        return alert;
    }
}
