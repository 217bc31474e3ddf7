using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>
/// The jobs that an erasure waits for, by their ids, and by no clock but the database's own. Whatever was under way during the first walk may have read what was there before. Of later walks those hold
/// the request up that were noted then and were retried since, and those that were open while something went that they read: exports of it, and replays of it. Nobody else does: a source is
/// read at any time, and jobs that are begun all the time must not keep a request open for ever.
/// </summary>
internal sealed class AwaitedJobs(TenantDatabase database)
{
    private const string StartedAt = "(SELECT r.pass_started_at FROM privacy_requests r WHERE r.tenant_id = $1 AND r.id = $2)";

    /// <summary>A job of which files are owed already is noted beside that. One that ended and may be retried is noted like one that is open.</summary>
    private const string NoteSql =
        $"""
        INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files, done_at)
        SELECT $1, $2, j.id, 'awaited', '[]'::json, now() FROM sync_jobs j
        WHERE j.tenant_id = $1 AND (j.completed_at IS NULL OR (j.status IN ('failed', 'cancelled') AND j.completed_at >= {StartedAt}))
        ON CONFLICT (tenant_id, request_id, job_id) DO UPDATE SET done_at = coalesce(privacy_exports.done_at, excluded.done_at)
        """;

    private const string Concerned =
        """
        SELECT FROM privacy_exports e JOIN sync_jobs j ON j.tenant_id = $1 AND j.id = e.job_id
        WHERE e.tenant_id = $1 AND e.request_id = $2 AND (e.done_at IS NOT NULL OR (e.outcome = 'pending' AND (j.export_of IS NOT NULL OR j.source_type = 'replay')))
        """;

    private const string OpenSql = $"SELECT EXISTS ({Concerned} AND j.completed_at IS NULL)";

    private const string FirstSql =
        $"""
        SELECT EXISTS (SELECT FROM privacy_exports WHERE tenant_id = $1 AND request_id = $2 AND outcome = 'awaited')
            OR EXISTS (SELECT FROM sync_jobs WHERE tenant_id = $1 AND (completed_at IS NULL OR completed_at >= {StartedAt}))
        """;

    private const string LaterSql = $"SELECT EXISTS ({Concerned} AND (j.completed_at IS NULL OR j.completed_at >= {StartedAt}))";

    /// <summary>Begins a walk; false where a job is open that it has to wait for.</summary>
    public async Task<bool> BeginWalkAsync(PrivacyRequest request, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(request.TenantId, ct);
        if (request.Pass > 1 && await AsksAsync(transaction, OpenSql, request, ct)) return false;
        if (request.Pass == 1) await NoteAsync(transaction, request, ct);
        await using (var begin = transaction.Command("UPDATE privacy_requests SET pass_started_at = now() WHERE tenant_id = $1 AND id = $2 AND attempts = $3", request.TenantId, request.Id, request.Attempts))
        {
            if (await begin.ExecuteNonQueryAsync(ct) != 1) throw new LostTurnException();
        }

        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Whether another walk has to follow the one that has come to its end.</summary>
    public async Task<bool> AskAnotherWalkAsync(PrivacyRequest request, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(request.TenantId, ct);
        if (request.Pass == 1) await NoteAsync(transaction, request, ct);
        var another = await AsksAsync(transaction, request.Pass == 1 ? FirstSql : LaterSql, request, ct);
        await transaction.CommitAsync(ct);
        return another;
    }

    /// <summary>Forgets, with the end of the request, who was waited for: a receipt says nothing of it.</summary>
    public static async Task ForgetAsync(TenantTransaction transaction, PrivacyRequest request, CancellationToken ct)
    {
        await using var forget = transaction.Command("UPDATE privacy_exports SET outcome = 'none' WHERE tenant_id = $1 AND request_id = $2 AND outcome = 'awaited'", request.TenantId, request.Id);
        await forget.ExecuteNonQueryAsync(ct);
    }

    private static async Task NoteAsync(TenantTransaction transaction, PrivacyRequest request, CancellationToken ct)
    {
        await using var note = transaction.Command(NoteSql, request.TenantId, request.Id);
        await note.ExecuteNonQueryAsync(ct);
    }

    private static async Task<bool> AsksAsync(TenantTransaction transaction, string sql, PrivacyRequest request, CancellationToken ct)
    {
        await using var command = transaction.Command(sql, request.TenantId, request.Id);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }
}
