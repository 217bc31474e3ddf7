using System.Text.Json;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// Deliveries of webhooks. A payload whose job has completed is let go. One that waits, or may run again with its job, keeps the records of others; where none are left it
/// becomes one that no job can have, so that a repeat of it is still known as one. What a running job has is left to the second walk.
/// </summary>
internal sealed class InboxStore(TenantDatabase database) : IHoldsSubjects
{
    private const string Kind = "deliveries";
    private const string Erased = "errors.privacy.delivery_erased";
    private const int Rows = 2000, Fetched = 50;

    private const string EndSql = "SELECT delivery_id FROM webhook_deliveries WHERE tenant_id = $1 AND delivery_id > $2 ORDER BY delivery_id OFFSET $3 LIMIT 1";

    private const string SelectSql =
        """
        SELECT d.delivery_id, d.source_id, d.payload, d.webhook_id, d.job_id, j.status, s.extraction_params::text, d.received_at FROM webhook_deliveries d
            LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            LEFT JOIN data_source_configs s ON s.tenant_id = d.tenant_id AND s.source_id = d.source_id
        WHERE d.tenant_id = $1 AND d.delivery_id > $2 AND d.delivery_id <= $3
            AND (position($4 in d.payload) > 0 OR position($5 in d.payload) > 0 OR position('%'::bytea in d.payload) > 0 OR strpos(d.webhook_id, $6) > 0)
        ORDER BY d.delivery_id LIMIT $7
        """;

    public string Phase => "inbox";

    public int Order => 30;

    public async Task CountAsync(SubjectSearch search, CancellationToken ct)
    {
        await foreach (var (_, found) in FindAsync(search.TenantId, search.Match, Guid.Empty, ct)) search.Add(Kind, found.Count);
    }

    public async Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
    {
        await foreach (var (_, found) in FindAsync(search.TenantId, search.Match, Guid.Empty, ct))
        {
            foreach (var d in found)
            {
                List<(string, object)> about = [("delivery_id", d.Id.ToString("D")), ("source_id", d.SourceId), ("received_at", d.ReceivedAt)];
                if (d.WebhookId is { } id) about.Add(("webhook_id", id));
                await writer.WriteAsync(Kind, about, d.Payload, ct);
            }
        }
    }

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        await foreach (var (upto, found) in FindAsync(work.TenantId, work.Match, work.Place is { } place ? Guid.ParseExact(place, "D") : Guid.Empty, ct))
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            foreach (var delivery in found.Where(d => d.JobStatus is not ("queued" or "running" or "waiting"))) work.Add(Kind, await EraseAsync(transaction, work, delivery, ct));
            await work.CommitAsync(transaction, upto.ToString("D"), ct);
        }
    }

    private static async Task<int> EraseAsync(TenantTransaction transaction, ErasureWork work, Delivery delivery, CancellationToken ct)
    {
        var name = work.Match.Says(delivery.WebhookId) ? null : delivery.WebhookId;
        var left = delivery.JobStatus == "completed" || delivery.Payload is null ? null : PayloadCut.Without(delivery.Payload, delivery.RecordsPath, delivery.SourceId, work.Match);
        var isOver = left is null && delivery.Payload is not null && delivery.JobStatus != "completed";
        await using var update = transaction.Command(
            """
            UPDATE webhook_deliveries SET payload = $3, bytes = coalesce(length($3), bytes), webhook_id = $4, let_go_at = CASE WHEN $3::bytea IS NULL THEN coalesce(let_go_at, now()) ELSE let_go_at END,
                failure = CASE WHEN $5 THEN $6 ELSE failure END, job_id = CASE WHEN $5 THEN NULL ELSE job_id END, position = CASE WHEN $5 THEN NULL ELSE position END
            WHERE tenant_id = $1 AND delivery_id = $2 AND job_id IS NOT DISTINCT FROM $7
            """,
            work.TenantId, delivery.Id, Bytes(left), Text(name), isOver, Erased, Id(delivery.JobId));
        var changed = await update.ExecuteNonQueryAsync(ct);

        // A job that failed within this delivery would go on behind a number of its records, which are others now: it begins again.
        if (changed == 0 || delivery.JobId is not { } job || delivery.JobStatus is "completed" or null) return changed;
        await BegunAgain.MarkAsync(transaction, work.TenantId, [job], ct);
        return changed;
    }

    /// <summary>The deliveries about the subject behind a place, some thousand rows at a time, with the last of the rows looked at.</summary>
    private async IAsyncEnumerable<(Guid Upto, List<Delivery> Found)> FindAsync(
        string tenantId, SubjectMatch match, Guid after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        while (after != JobSpan.Last)
        {
            var end = await EndAsync(tenantId, after, ct) ?? JobSpan.Last;
            while (after != end)
            {
                var (last, found) = await PageAsync(tenantId, match, after, end, ct);
                after = last ?? end;
                yield return (after, found);
            }
        }
    }

    private async Task<Guid?> EndAsync(string tenantId, Guid after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(EndSql, tenantId, after, Rows - 1);
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) ? row.GetGuid(0) : null;
    }

    private async Task<(Guid? Last, List<Delivery> Found)> PageAsync(string tenantId, SubjectMatch match, Guid after, Guid end, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(SelectSql, tenantId, after, end, System.Text.Encoding.UTF8.GetBytes(match.Literal), System.Text.Encoding.UTF8.GetBytes(match.Escape), match.Literal, Fetched);
        await using var rows = await batch.ReadAsync(ct);
        List<Delivery> found = [];
        var (seen, last) = (0, after);
        while (await rows.ReadAsync(ct))
        {
            (seen, last) = (seen + 1, rows.GetGuid(0));
            var delivery = new Delivery(
                last, rows.GetString(1), await rows.IsDBNullAsync(2, ct) ? null : rows.GetFieldValue<byte[]>(2), await rows.IsDBNullAsync(3, ct) ? null : rows.GetString(3),
                await rows.IsDBNullAsync(4, ct) ? null : rows.GetGuid(4), await rows.IsDBNullAsync(5, ct) ? null : rows.GetString(5), await rows.IsDBNullAsync(6, ct) ? null : RecordsPath(rows.GetString(6)),
                await rows.GetFieldValueAsync<DateTimeOffset>(7, ct));
            if (match.Says(delivery.WebhookId) || (delivery.Payload is { } payload && match.IsIn(payload, delivery.SourceId))) found.Add(delivery);
        }

        return (seen == Fetched ? last : null, found);
    }

    /// <summary>Read here, as a setting may hold what PostgreSQL's JSON refuses to read.</summary>
    private static string? RecordsPath(string parameters)
        => JsonElement.Parse(parameters).TryGetProperty("records_path", out var path) && path.ValueKind == JsonValueKind.String ? path.GetString() : null;

    private static NpgsqlParameter Bytes(byte[]? value) => new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea };

    private static NpgsqlParameter Text(string? value) => new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Id(Guid? value) => new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private sealed record Delivery(Guid Id, string SourceId, byte[]? Payload, string? WebhookId, Guid? JobId, string? JobStatus, string? RecordsPath, DateTimeOffset ReceivedAt);
}
