using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>
/// Exported files. Those of a job whose records are stored are made once more without the subject, in their place, and so are those of each job that exported them again. Where the records are not
/// stored, as those that memory held, the files are searched; those that hold the subject can only be removed.
/// </summary>
internal sealed class ExportPhase(TenantDatabase database, RewriteExport rewrite, DropExport drop, FindInExport find, ReadExport read, ListExportFiles left) : IHoldsSubjects
{
    private const string Kind = "exports", Records = "exported_records";
    private const int Page = 500;

    private const string AgainSql =
        """
        INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files)
        SELECT $1, $2, j.id, 'pending', '[]'::json FROM sync_jobs j JOIN privacy_exports e ON e.tenant_id = $1 AND e.request_id = $2 AND e.job_id = j.export_of AND e.outcome = 'pending'
        WHERE j.tenant_id = $1 AND j.export_of IS NOT NULL ON CONFLICT (tenant_id, request_id, job_id) DO UPDATE SET outcome = 'pending'
        """;

    private const string PendingSql =
        """
        SELECT e.job_id FROM privacy_exports e LEFT JOIN sync_jobs j ON j.tenant_id = $1 AND j.id = e.job_id
        WHERE e.tenant_id = $1 AND e.request_id = $2 AND e.outcome = 'pending' AND (j.id IS NULL OR j.completed_at IS NOT NULL) ORDER BY e.job_id LIMIT $3
        """;

    /// <summary>
    /// Jobs with files whose records are not all stored: memory held them, some of them or all have had their time, or the job ended early, so that its files may be of an attempt whose records went. One of which this request
    /// removed records is none of them.
    /// </summary>
    private const string UnstoredSql =
        $"""
        SELECT j.id FROM sync_jobs j WHERE j.tenant_id = $1 AND j.id > $2 AND j.completed_at IS NOT NULL AND {EndedExports.MayBe}
            AND (j.mode <> 'async' OR j.status <> 'completed' OR EXISTS (SELECT FROM sync_jobs o WHERE o.tenant_id = $1 AND o.id = coalesce(j.export_of, j.id) AND o.retired_at IS NOT NULL)
                OR NOT EXISTS (SELECT FROM sync_data d WHERE d.tenant_id = $1 AND d.job_id = coalesce(j.export_of, j.id)))
            AND NOT EXISTS (SELECT FROM privacy_exports e WHERE e.tenant_id = $1 AND e.request_id = $4 AND e.job_id = j.id AND e.outcome NOT IN ('pending', 'awaited'))
        ORDER BY j.id LIMIT $3
        """;

    public string Phase => Kind;

    public int Order => 100;

    /// <summary>What a rewriting would touch is told by the jobs that hold records; here those that could only be removed are counted.</summary>
    public async Task CountAsync(SubjectSearch search, CancellationToken ct)
        => search.Add("exports_without_records", await EachUnstoredAsync(search.TenantId, Guid.Empty, Guid.Empty, search.Match, static (_, _) => Task.CompletedTask, ct));

    /// <summary>Files hold what rows hold, but for those of which there are no rows: their records are given, and the files named whose records cannot be read.</summary>
    public Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
        => EachUnstoredAsync(search.TenantId, Guid.Empty, Guid.Empty, search.Match, (job, _) => WriteAsync(search, writer, job, ct), ct);

    /// <summary>The records of the subject in one job's files, and then the job, with how many they were.</summary>
    private async Task WriteAsync(SubjectSearch search, SubjectWriter writer, Guid job, CancellationToken ct)
    {
        var (source, id, records) = (await SourceAsync(search.TenantId, job, ct), job.ToString("D"), 0L);
        await foreach (var kept in read(search.TenantId, job, search.Match.Text, ct))
        {
            List<(string, object)> about = [("job_id", id)];
            if (source is not null) about.Add(("source_id", source));
            if (kept.File is { } file) about.Add(("file", file));
            if (kept.NotRead is { } why)
            {
                await writer.WriteNamedAsync(Kind, about, why, ct);
                continue;
            }

            if (!search.Match.IsIn(kept.Document.Span, source)) continue;
            await writer.WriteAsync(Records, about, kept.Document.ToArray(), ct);
            records++;
        }

        await writer.WriteAsync(Kind, [("job_id", id), ("records", records)], (byte[]?)null, ct);
    }

    private async Task<string?> SourceAsync(string tenantId, Guid job, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT source_id FROM sync_jobs WHERE tenant_id = $1 AND id = $2", tenantId, job);
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) ? row.GetString(0) : null;
    }

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        await database.RunAsync(work.TenantId, async transaction =>
        {
            await using var again = transaction.Command(AgainSql, work.TenantId, work.RequestId);
            return await again.ExecuteNonQueryAsync(ct);
        }, ct);
        while (await ListAsync(work.TenantId, PendingSql, ct, work.TenantId, work.RequestId, Page) is { Count: > 0 } pending)
        {
            foreach (var job in pending)
            {
                await work.Confirm(ct);
                if (await RewriteAsync(work, job, ct) is { } files) await DoneAsync(work, job, PrivacyExport.Rewritten, [.. files.Select(f => f.Name)], ct);
                else await DropAsync(work, job, ct);
            }
        }

        await EachUnstoredAsync(work.TenantId, work.RequestId, work.Place is { } place ? Guid.ParseExact(place, "D") : Guid.Empty, work.Match, async (job, holds) =>
        {
            if (holds) await DropAsync(work, job, ct);
            else await PassOverAsync(work.TenantId, job, ct);
            await work.PassAsync(job.ToString("D"), ct);
        }, ct);
    }

    /// <summary>Null where the files cannot be made again: not now, nor ever, as a rule's list that is gone or a record that is broken does not come back. Nobody is kept in files for that.</summary>
    private async Task<IReadOnlyList<ExportedFile>?> RewriteAsync(ErasureWork work, Guid job, CancellationToken ct)
    {
        try
        {
            return await rewrite(work.TenantId, job, work.Confirm, ct);
        }
        catch (SyncFailureException e) when (e.Failure.Kind != FailureKind.Transient && !e.Failure.MessageKey.StartsWith("errors.export.storage_", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <summary>
    /// Removes a job's files. A job that ended early is held meanwhile, as a retry would write where they lie; before, it is let begin from nothing, as it may mean to go on behind files that go. One that is open again is left to
    /// the second walk.
    /// </summary>
    private async Task DropAsync(ErasureWork work, Guid job, CancellationToken ct)
    {
        await work.Confirm(ct);
        if ((await left(work.TenantId, job, ct)).Any) await database.RunAsync(work.TenantId, async transaction =>
        {
            await BegunAgain.FromNothingAsync(transaction, work.TenantId, [job], ct);
            return true;
        }, ct);
        if (await DropHeldAsync(work.TenantId, job, ct) is { } names) await DoneAsync(work, job, names.Count == 0 ? PrivacyExport.None : PrivacyExport.Deleted, names, ct);
    }

    /// <summary>The names of the files that went; null where the job is open.</summary>
    private async Task<IReadOnlyList<string>?> DropHeldAsync(string tenantId, Guid job, CancellationToken ct)
    {
        await using var held = await database.BeginAsync(tenantId, durable: false, ct);
        await using (var hold = held.Command("SELECT completed_at IS NOT NULL FROM sync_jobs WHERE tenant_id = $1 AND id = $2 FOR KEY SHARE", tenantId, job))
        {
            if (await hold.ExecuteScalarAsync(ct) is false) return null;
        }

        return await drop(tenantId, job, ct);
    }

    /// <summary>Notes of a job that ended early and left no files that there are none, so that nobody looks again.</summary>
    private async Task PassOverAsync(string tenantId, Guid job, CancellationToken ct)
    {
        await using var held = await database.BeginAsync(tenantId, durable: false, ct);
        await using (var hold = held.Command("SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND status IN ('failed', 'cancelled') AND result IS NULL FOR KEY SHARE", tenantId, job))
        {
            if (await hold.ExecuteScalarAsync(ct) is null || (await left(tenantId, job, ct)).Any) return;
        }

        await drop(tenantId, job, ct);
    }

    private async Task DoneAsync(ErasureWork work, Guid job, string outcome, IReadOnlyList<string> files, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(work.TenantId, ct);
        await using (var done = transaction.Command(
            """
            INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files, done_at) VALUES ($1, $2, $3, $4, $5::json, now())
            ON CONFLICT (tenant_id, request_id, job_id) DO UPDATE SET outcome = excluded.outcome, files = excluded.files, done_at = excluded.done_at
            """,
            work.TenantId, work.RequestId, job, outcome, JsonSerializer.Serialize(files)))
        {
            await done.ExecuteNonQueryAsync(ct);
        }

        if (outcome != PrivacyExport.None) work.Add("exports_" + outcome, 1);
        await work.CommitAsync(transaction, work.Place, ct);
    }

    /// <summary>Searches the files of jobs whose records are not all stored; returns how many jobs' files hold the subject.</summary>
    private async Task<int> EachUnstoredAsync(string tenantId, Guid request, Guid after, SubjectMatch match, Func<Guid, bool, Task> each, CancellationToken ct)
    {
        for (var held = 0; ;)
        {
            var jobs = await ListAsync(tenantId, UnstoredSql, ct, tenantId, after, Page, request);
            foreach (var job in jobs)
            {
                var holds = await find(tenantId, job, match.Text, ct);
                if (holds) held++;
                if (holds || request != Guid.Empty) await each(job, holds);
                after = job;
            }

            if (jobs.Count < Page) return held;
        }
    }

    private async Task<List<Guid>> ListAsync(string tenantId, string sql, CancellationToken ct, params object[] values)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(sql, values);
        await using var rows = await batch.ReadAsync(ct);
        List<Guid> jobs = [];
        while (await rows.ReadAsync(ct)) jobs.Add(rows.GetGuid(0));
        return jobs;
    }
}
