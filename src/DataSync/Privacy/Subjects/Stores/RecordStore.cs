using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>Records, those in quarantine, and what enrichers made of them; with the records goes what was kept of them elsewhere, and their job is noted, whose files hold them too.</summary>
internal sealed class RecordStore(HeldRows rows, JobSpans spans, TenantDatabase database, IEnumerable<IForgetsRecords> forgetters) : IHoldsSubjects
{
    /// <summary>Rows removed at once.</summary>
    private const int Chunk = 500;
    private const int MostJobs = 1000;

    private const string DeleteEnrichmentsSql =
        """
        DELETE FROM sync_enrichments h USING unnest($2::uuid[], $3::bigint[], $4::text[]) AS k (job_id, seq, kind)
        WHERE h.tenant_id = $1 AND h.job_id = k.job_id AND h.seq = k.seq AND h.kind = k.kind
        """;

    /// <summary>A replay that was given what goes here has read it, or may have: should it store it later, its walk is another.</summary>
    private const string ReplaysSql =
        """
        INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files)
        SELECT $1, $2, j.id, 'pending', '[]'::json FROM sync_jobs j JOIN privacy_requests r ON r.tenant_id = $1 AND r.id = $2
        WHERE j.tenant_id = $1 AND j.id = ANY ($3) AND (j.completed_at IS NULL OR j.completed_at >= r.pass_started_at)
        ON CONFLICT (tenant_id, request_id, job_id) DO UPDATE SET outcome = 'pending'
        """;

    private readonly IForgetsRecords[] _forgetters = [.. forgetters];

    public string Phase => "records";

    public int Order => 10;

    public async Task CountAsync(SubjectSearch search, CancellationToken ct)
    {
        await foreach (var span in spans.ReadAsync(search.TenantId, null, ct))
        {
            var found = await FindAsync(search, span, ct);
            foreach (var (table, held) in found)
            {
                search.Add(table.Kind, held.Count);
                foreach (var job in held.GroupBy(r => r.JobId)) NoteJob(search, job.Key, job.Count());
            }

            foreach (var chunk in Seen(found).Chunk(Chunk))
            {
                foreach (var records in await rows.SeenByAsync(search.TenantId, chunk, _forgetters, ct))
                {
                    foreach (var forgetter in _forgetters.Where(f => f.Concerns(records.RefinementConfig))) search.Add(forgetter.Kind, await forgetter.CountAsync(records, ct));
                }
            }
        }
    }

    public async Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
    {
        Dictionary<(string Kind, string Asked), string> unread = [];
        await foreach (var span in spans.ReadAsync(search.TenantId, null, ct))
        {
            var found = await FindAsync(search, span, ct);
            foreach (var (table, held) in found)
            {
                foreach (var chunk in held.Chunk(Chunk)) await writer.WriteRowsAsync(search.TenantId, table, chunk, ct);
            }

            var own = found.Where(f => f.Table == HeldTable.Records).SelectMany(f => f.Held).Select(r => (r.JobId, r.Seq)).ToHashSet();
            foreach (var chunk in Seen(found).Chunk(Chunk)) await WriteKeptAsync(search, writer, chunk, own, unread, ct);
        }
    }

    /// <summary>What is kept of records elsewhere. Who could not be asked once is not asked again for jobs that went to the same place, or an export would wait for a server that is away job by job.</summary>
    private async Task WriteKeptAsync(SubjectSearch search, SubjectWriter writer, HeldRow[] chunk, HashSet<(Guid JobId, long Seq)> own, Dictionary<(string Kind, string Asked), string> unread, CancellationToken ct)
    {
        foreach (var records in await rows.SeenByAsync(search.TenantId, chunk, _forgetters, ct))
        {
            foreach (var forgetter in _forgetters.Where(f => f.Concerns(records.RefinementConfig)))
            {
                var asked = (forgetter.Kind, records.RefinementConfig.GetRawText());
                var failure = unread.GetValueOrDefault(asked) ?? await forgetter.ReadAsync(
                    records,
                    kept => ElsewhereLines.WriteAsync(writer, forgetter.Kind, kept, kept.Seq is { } seq && own.Contains((kept.JobId, seq)), made => search.Match.IsIn(made, null), ct),
                    ct);
                if (failure is null) continue;
                unread[asked] = failure;
                await writer.WriteNamedAsync(forgetter.Kind, [("job_id", records.JobId.ToString("D"))], failure, ct);
            }
        }
    }

    /// <summary>All of a stretch that is about the subject: what enrichers made of a record is, whatever it says.</summary>
    private async Task<IReadOnlyList<(HeldTable Table, List<HeldRow> Held)>> FindAsync(SubjectSearch search, JobSpan span, CancellationToken ct)
    {
        var records = await rows.FindAsync(search.TenantId, HeldTable.Records, span, search.Match, ct);
        var made = await rows.FindAsync(search.TenantId, HeldTable.Enrichments, span, search.Match, ct);
        foreach (var chunk in records.Chunk(Chunk)) made = [.. made.Union(await rows.MadeOfAsync(search.TenantId, chunk, ct))];
        return [(HeldTable.Records, records), (HeldTable.Rejections, await rows.FindAsync(search.TenantId, HeldTable.Rejections, span, search.Match, ct)), (HeldTable.Enrichments, made)];
    }

    /// <summary>The records of which something is kept elsewhere that goes: the subject's, and those of which a model or an annotator said something of the subject.</summary>
    private static IEnumerable<HeldRow> Seen(IReadOnlyList<(HeldTable Table, List<HeldRow> Held)> found)
        => found.Where(f => f.Table != HeldTable.Rejections).SelectMany(f => f.Held).Select(r => r with { Part = "" }).Distinct();

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        await foreach (var span in spans.ReadAsync(work.TenantId, work.Place, ct))
        {
            foreach (var table in (HeldTable[])[HeldTable.Enrichments, HeldTable.Rejections, HeldTable.Records])
            {
                foreach (var chunk in (await rows.FindAsync(work.TenantId, table, span, work.Match, ct)).Chunk(Chunk)) await EraseAsync(work, table, chunk, ct);
            }

            await work.PassAsync(span.Place, ct);
        }
    }

    private async Task EraseAsync(ErasureWork work, HeldTable table, HeldRow[] found, CancellationToken ct)
    {
        if (table != HeldTable.Rejections) await ForgetAsync(work, found, ct);
        await using var transaction = await database.BeginAsync(work.TenantId, ct);
        var (jobs, seqs) = (found.Select(r => r.JobId).ToArray(), found.Select(r => r.Seq).ToArray());
        if (table == HeldTable.Rejections)
        {
            await EraseRejectionsAsync(transaction, work, jobs, seqs, ct);
            await work.CommitAsync(transaction, work.Place, ct);
            return;
        }

        await using (var delete = table == HeldTable.Enrichments
            ? transaction.Command(DeleteEnrichmentsSql, work.TenantId, jobs, seqs, found.Select(r => r.Part).ToArray())
            : transaction.Command(DeleteSql(table.Name), work.TenantId, jobs, seqs))
        {
            work.Add(table.Kind, await delete.ExecuteNonQueryAsync(ct));
        }

        if (table == HeldTable.Records)
        {
            await using var made = transaction.Command(DeleteSql(HeldTable.Enrichments.Name), work.TenantId, jobs, seqs);
            work.Add(HeldTable.Enrichments.Kind, await made.ExecuteNonQueryAsync(ct));
            await using var tasks = transaction.Command(DeleteSql("label_studio_tasks"), work.TenantId, jobs, seqs);
            await tasks.ExecuteNonQueryAsync(ct);
        }

        await using (var exports = transaction.Command(
            "INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files) SELECT $1, $2::uuid, d.j, 'pending', '[]'::json FROM (SELECT DISTINCT unnest($3::uuid[]) AS j) d ON CONFLICT (tenant_id, request_id, job_id) DO UPDATE SET outcome = 'pending'",
            work.TenantId, work.RequestId, jobs))
        {
            await exports.ExecuteNonQueryAsync(ct);
        }

        await work.CommitAsync(transaction, work.Place, ct);
    }

    private static async Task EraseRejectionsAsync(TenantTransaction transaction, ErasureWork work, Guid[] jobs, long[] seqs, CancellationToken ct)
    {
        List<Guid> replays = [];
        await using (var delete = transaction.Command(DeleteSql(HeldTable.Rejections.Name) + " RETURNING h.replay_job_id", work.TenantId, jobs, seqs))
        await using (var gone = await delete.ExecuteReaderAsync(ct))
        {
            var count = 0L;
            for (; await gone.ReadAsync(ct); count++)
            {
                if (!await gone.IsDBNullAsync(0, ct)) replays.Add(gone.GetGuid(0));
            }

            work.Add(HeldTable.Rejections.Kind, count);
        }

        if (replays.Count == 0) return;
        await using var given = transaction.Command(ReplaysSql, work.TenantId, work.RequestId, replays.Distinct().ToArray());
        await given.ExecuteNonQueryAsync(ct);
    }

    /// <summary>What is kept elsewhere is found by the record alone, so it goes first; if the rest fails, there is nothing left of it to go.</summary>
    private async Task ForgetAsync(ErasureWork work, HeldRow[] found, CancellationToken ct)
    {
        foreach (var records in await rows.SeenByAsync(work.TenantId, found, _forgetters, ct))
        {
            foreach (var forgetter in _forgetters.Where(f => f.Concerns(records.RefinementConfig)))
            {
                await work.Confirm(ct);
                var outcome = await forgetter.ForgetAsync(records, ct);
                work.Add(forgetter.Kind, outcome.Forgotten);
                work.Add(forgetter.Kind + "_out_of_reach", outcome.OutOfReach);
            }
        }
    }

    private static string DeleteSql(string table)
        => $"DELETE FROM {table} h USING unnest($2::uuid[], $3::bigint[]) AS k (job_id, seq) WHERE h.tenant_id = $1 AND h.job_id = ANY ($2) AND h.job_id = k.job_id AND h.seq = k.seq";

    private static void NoteJob(SubjectSearch search, Guid job, int count)
    {
        if (search.Jobs.TryGetValue(job, out var before)) search.Jobs[job] = before + count;
        else if (search.Jobs.Count < MostJobs) search.Jobs.Add(job, count);
        else search.MoreJobs++;
    }
}
