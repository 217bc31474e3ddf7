using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// What jobs that have ended tell of themselves: failures with the values they quote, and checkpoints, where a position in a source may be a person's key. A checkpoint that loses its position
/// lets a retry begin again, which the engine does by removing what was stored. Numbers stay: a job's own are counts.
/// </summary>
internal sealed class JobTextStore(TenantDatabase database) : IHoldsSubjects
{
    private const string Kind = "job_details";

    /// <summary>Rows that are read at once, and jobs that a statement goes through at most: few may be about the subject, and none of the others' texts is seen by any index.</summary>
    private const int Page = 500, Jobs = 2000;
    private static readonly string[] Columns = ["error_details", "interruption", "gap", "enriched", "change_tracking", "rules", "routed", "checkpoint"];
    private static readonly string[] Positions = ["resume", "state"];

    private static readonly string SelectSql =
        $"""
        SELECT id, {string.Join(", ", Columns.Select(c => c + "::text"))} FROM sync_jobs WHERE tenant_id = $1 AND id > $2 AND id <= $6 AND completed_at IS NOT NULL
            AND ({string.Join(" OR ", Columns.Select(c => $"strpos({c}::text, $3) > 0 OR strpos({c}::text, $4) > 0"))}) ORDER BY id LIMIT $5
        """;

    private static readonly string UpdateSql = $"UPDATE sync_jobs SET {string.Join(", ", Columns.Select((c, i) => $"{c} = ${i + 3}{(i < 2 ? "" : "::json")}"))} WHERE tenant_id = $1 AND id = $2 AND completed_at IS NOT NULL";

    private const string AttemptsSql =
        """
        SELECT job_id, fence, failure FROM sync_job_attempts
        WHERE tenant_id = $1 AND (job_id, fence) > ($4, $5) AND job_id <= $7 AND (strpos(failure, $2) > 0 OR strpos(failure, $3) > 0) ORDER BY job_id, fence LIMIT $6
        """;

    private const string EndSql = "SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id > $2 ORDER BY id OFFSET $3 LIMIT 1";

    public string Phase => "jobs";

    public int Order => 20;

    public async Task CountAsync(SubjectSearch search, CancellationToken ct)
    {
        await foreach (var jobs in JobsAsync(search.TenantId, search.Match, ct)) search.Add(Kind, jobs.Count);
        await foreach (var attempts in AttemptsAsync(search.TenantId, search.Match, ct)) search.Add(Kind, attempts.Count);
    }

    public async Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
    {
        await foreach (var (job, before, now) in JobsAsync(search.TenantId, search.Match, ct).SelectMany(j => j))
        {
            for (var i = 0; i < Columns.Length; i++)
            {
                if (before[i] is { } text && text != now[i]) await writer.WriteAsync(Kind, [("job_id", job.ToString("D")), ("field", Columns[i])], text, ct);
            }
        }

        await foreach (var (job, fence, before, _) in AttemptsAsync(search.TenantId, search.Match, ct).SelectMany(a => a))
            await writer.WriteAsync(Kind, [("job_id", job.ToString("D")), ("attempt", fence), ("field", "failure")], before, ct);
    }

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        await foreach (var jobs in JobsAsync(work.TenantId, work.Match, ct))
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            foreach (var (job, _, now) in jobs)
            {
                await using var update = transaction.Command(UpdateSql, [work.TenantId, job, .. now.Select(Text)]);
                work.Add(Kind, await update.ExecuteNonQueryAsync(ct));
            }

            await work.CommitAsync(transaction, null, ct);
        }

        await foreach (var attempts in AttemptsAsync(work.TenantId, work.Match, ct))
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            foreach (var (job, fence, _, text) in attempts)
            {
                await using var update = transaction.Command("UPDATE sync_job_attempts SET failure = $4 WHERE tenant_id = $1 AND job_id = $2 AND fence = $3", work.TenantId, job, fence, text);
                work.Add(Kind, await update.ExecuteNonQueryAsync(ct));
            }

            await work.CommitAsync(transaction, null, ct);
        }
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>The jobs that tell of the subject, page by page, with what they would tell without it.</summary>
    private async IAsyncEnumerable<List<(Guid Job, string?[] Before, string?[] Now)>> JobsAsync(string tenantId, SubjectMatch match, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (begin, end) in StretchesAsync(tenantId, ct))
        {
            for (var (after, more) = (begin, true); more;)
            {
                (after, more, var changed) = await PageAsync(tenantId, after, end, match, ct);
                if (changed.Count > 0) yield return changed;
            }
        }
    }

    /// <summary>The same of attempts. A job has few of them.</summary>
    private async IAsyncEnumerable<List<(Guid Job, long Fence, string Before, string Now)>> AttemptsAsync(string tenantId, SubjectMatch match, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (begin, end) in StretchesAsync(tenantId, ct))
        {
            for (var (job, fence, more) = (begin, long.MaxValue, true); more;)
            {
                (job, fence, more, var changed) = await AttemptPageAsync(tenantId, job, fence, end, match, ct);
                if (changed.Count > 0) yield return changed;
            }
        }
    }

    /// <summary>All that a tenant's jobs can be, cut behind every so many jobs.</summary>
    private async IAsyncEnumerable<(Guid After, Guid Upto)> StretchesAsync(string tenantId, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var after = Guid.Empty; after != JobSpan.Last;)
        {
            var end = await EndAsync(tenantId, after, ct) ?? JobSpan.Last;
            yield return (after, end);
            after = end;
        }
    }

    private async Task<Guid?> EndAsync(string tenantId, Guid after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(EndSql, tenantId, after, Jobs - 1);
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) ? row.GetGuid(0) : null;
    }

    private async Task<(Guid Last, bool More, List<(Guid Job, string?[] Before, string?[] Now)> Changed)> PageAsync(string tenantId, Guid after, Guid end, SubjectMatch match, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(SelectSql, tenantId, after, match.Literal, match.Escape, Page, end);
        await using var rows = await batch.ReadAsync(ct);
        List<(Guid, string?[], string?[])> changed = [];
        var (seen, last) = (0, after);
        while (await rows.ReadAsync(ct))
        {
            (seen, last) = (seen + 1, rows.GetGuid(0));
            var before = new string?[Columns.Length];
            for (var i = 0; i < before.Length; i++) before[i] = await rows.IsDBNullAsync(i + 1, ct) ? null : rows.GetString(i + 1);
            string?[] now = [.. before.Select((text, i) => text is null ? null : Columns[i] == "checkpoint" ? Checkpoint(text, match) : Redaction.Of(text, match))];
            if (!now.AsSpan().SequenceEqual(before)) changed.Add((last, before, now));
        }

        return (last, seen == Page, changed);
    }

    private async Task<(Guid Job, long Fence, bool More, List<(Guid Job, long Fence, string Before, string Now)> Changed)> AttemptPageAsync(string tenantId, Guid job, long fence, Guid end, SubjectMatch match, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(AttemptsSql, tenantId, match.Literal, match.Escape, job, fence, Page, end);
        await using var rows = await batch.ReadAsync(ct);
        List<(Guid, long, string, string)> changed = [];
        var seen = 0;
        while (await rows.ReadAsync(ct))
        {
            (seen, job, fence) = (seen + 1, rows.GetGuid(0), rows.GetInt64(1));
            var text = rows.GetString(2);
            if (Redaction.Of(text, match) is var now && now != text) changed.Add((job, fence, text, now));
        }

        return (job, fence, seen == Page, changed);
    }

    /// <summary>A position is whole or none.</summary>
    private static string Checkpoint(string text, SubjectMatch match)
    {
        if (Redaction.Of(text, match) == text) return text;
        var checkpoint = JsonNode.Parse(text)!.AsObject();
        foreach (var position in Positions)
        {
            if (checkpoint[position]?.ToJsonString(Redaction.Exact) is { } held && Redaction.Of(held, match) != held) checkpoint[position] = null;
        }

        return Redaction.Of(checkpoint.ToJsonString(Redaction.Exact), match);
    }
}
