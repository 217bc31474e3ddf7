using DataSync.Alerts.Channels;
using DataSync.Alerts.States;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DataSync.Alerts.Notices;

/// <summary>A notice that this process is to send.</summary>
internal readonly record struct ClaimedNotice(string TenantId, Guid NoticeId);

/// <summary>Notices in the database: which are due, what they tell, and what became of them.</summary>
internal sealed class NoticeStore(DataSources sources, TenantDatabase database)
{
    /// <summary>Round the tenants, so that one whose receiver is gone does not keep others waiting. Who claims one has a minute; then another takes it up.</summary>
    private const string ClaimSql =
        """
        UPDATE alert_notices n SET next_at = now() + interval '1 minute', attempts = n.attempts + 1
        FROM (
            SELECT w.tenant_id, w.notice_id FROM alert_notices w JOIN (
                SELECT tenant_id, notice_id FROM (
                    SELECT tenant_id, notice_id, next_at, row_number() OVER (PARTITION BY tenant_id ORDER BY next_at) AS place FROM alert_notices WHERE state = 'pending' AND next_at <= now()) q
                ORDER BY place, next_at LIMIT $1) due ON due.tenant_id = w.tenant_id AND due.notice_id = w.notice_id
            WHERE w.state = 'pending' AND w.next_at <= now() FOR UPDATE OF w SKIP LOCKED) c
        WHERE n.tenant_id = c.tenant_id AND n.notice_id = c.notice_id
        RETURNING n.tenant_id, n.notice_id
        """;

    /// <summary>The same over connections kept apart: what is to be sent may be that the pool is exhausted.</summary>
    public NoticeStore Apart() => new(sources, database.Apart());

    /// <summary>Takes what is due, for this process alone.</summary>
    public async Task<IReadOnlyList<ClaimedNotice>> ClaimAsync(int most, CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand(ClaimSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        await using var rows = await command.ExecuteReaderAsync(ct);
        List<ClaimedNotice> claimed = [];
        while (await rows.ReadAsync(ct)) claimed.Add(new ClaimedNotice(rows.GetString(0), rows.GetGuid(1)));
        return claimed;
    }

    /// <summary>The notice and what it is about; null where there is nothing to tell any more.</summary>
    public Task<(AlertNotice Notice, Alert? Alert, EndedJob? Job)?> FindAsync(ClaimedNotice claimed, CancellationToken ct) => database.RunAsync<(AlertNotice, Alert?, EndedJob?)?>(claimed.TenantId, async transaction =>
    {
        var notice = await transaction.Db.Set<AlertNotice>().AsNoTracking().SingleOrDefaultAsync(n => n.NoticeId == claimed.NoticeId, ct);
        if (notice is null) return null;
        var alert = notice.AlertId is { } id ? await transaction.Db.Set<Alert>().AsNoTracking().SingleOrDefaultAsync(a => a.AlertId == id, ct) : null;
        if (alert is not null && notice.Event == ChannelEvents.Opened) alert.OverAt = null; // told as it was, though it may be over by now
        var job = notice.JobId is { } job1 ? await JobAsync(transaction, job1, notice.Event, ct) : null;
        return alert is null && job is null ? null : (notice, alert, job);
    }, ct);

    /// <summary>Notes what became of a try.</summary>
    /// <param name="claimed">Which.</param>
    /// <param name="state">Its state from here.</param>
    /// <param name="failure">Why it failed; null where it did not.</param>
    /// <param name="wait">When it is tried again, where it is.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task SettleAsync(ClaimedNotice claimed, string state, NoticeFailure? failure, TimeSpan wait, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(claimed.TenantId, ct);
        await using (var settle = transaction.Command(
            "UPDATE alert_notices SET state = $3, failure = $4, next_at = now() + $5, ended_at = CASE WHEN $3 <> 'pending' THEN now() END WHERE tenant_id = $1 AND notice_id = $2 AND state = 'pending'",
            claimed.TenantId, claimed.NoticeId, state, new NpgsqlParameter { Value = (object?)failure?.ToJson() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, wait))
        {
            await settle.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }

    /// <summary>Up to <paramref name="count"/> notices, the newest first, before one.</summary>
    public Task<List<AlertNotice>> ListAsync(string tenantId, string? state, (DateTimeOffset CreatedAt, Guid Id)? before, int count, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        var notices = transaction.Db.Set<AlertNotice>().AsNoTracking();
        if (state is not null) notices = notices.Where(n => n.State == state);
        if (before is var (createdAt, id)) notices = notices.Where(n => EF.Functions.LessThan(ValueTuple.Create(n.CreatedAt, n.NoticeId), ValueTuple.Create(createdAt, id)));
        return await notices.OrderByDescending(n => n.CreatedAt).ThenByDescending(n => n.NoticeId).Take(count).ToListAsync(ct);
    }, ct);

    /// <summary>Takes a dead letter up again, with all its tries; the notice, or null where there is none. One that is not dead stays as it is.</summary>
    public async Task<AlertNotice?> ReviveAsync(string tenantId, Guid id, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var revived = await transaction.Db.Database.ExecuteSqlAsync(
            $"UPDATE alert_notices SET state = 'pending', attempts = 0, next_at = now(), ended_at = NULL WHERE tenant_id = {tenantId} AND notice_id = {id} AND state = 'dead'", ct);
        await transaction.Db.Database.ExecuteSqlRawAsync($"SELECT pg_notify('{Evaluation.AlertMoves.Channel}', '')", ct);
        var notice = await transaction.Db.Set<AlertNotice>().AsNoTracking().SingleOrDefaultAsync(n => n.NoticeId == id, ct);
        if (revived > 0) await transaction.CommitChangeAsync(ct);
        else await transaction.CommitAsync(ct);
        return notice;
    }

    private static async Task<EndedJob?> JobAsync(TenantTransaction transaction, Guid id, string happened, CancellationToken ct)
    {
        await using var command = transaction.Command(
            """
            SELECT source_id, record_count, error_count, floor(extract(epoch FROM completed_at - coalesce(started_at, completed_at)) * 1000)::bigint, completed_at, correlation_id, error_details, status
            FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND completed_at IS NOT NULL
            """,
            transaction.Db.TenantId, id);
        await using var row = await command.ExecuteReaderAsync(ct);

        // retried since: it has not ended, and whoever is told of its next end is told then
        if (!await row.ReadAsync(ct) || ChannelEvents.JobPrefix + row.GetString(7) != happened) return null;
        var (key, values) = EndedJob.Failure(await row.IsDBNullAsync(6, ct) ? null : row.GetString(6));
        return new EndedJob(id, row.GetString(0), row.GetString(7), row.GetInt64(1), row.GetInt64(2), Math.Max(0, row.GetInt64(3)), await row.GetFieldValueAsync<DateTimeOffset>(4, ct), row.GetString(5), key, values);
    }
}
