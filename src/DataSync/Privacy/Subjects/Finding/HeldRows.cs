using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Documents;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Subjects.Finding;

/// <summary>Finds the rows of records that are about a subject, stretch by stretch; of a stretch no more is held in memory than their numbers.</summary>
internal sealed class HeldRows(TenantDatabase database)
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>The rows of one table in a stretch.</summary>
    public async Task<List<HeldRow>> FindAsync(string tenantId, HeldTable table, JobSpan span, SubjectMatch match, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Patience = TimeSpan.FromMinutes(5);
        batch.Add(table.Candidates, tenantId, span.After, span.Upto, span.From, span.To, match.Literal, match.Escape);
        await using var rows = await batch.ReadAsync(ct);
        List<HeldRow> found = [];
        while (await rows.ReadAsync(ct))
        {
            var source = await rows.IsDBNullAsync(3, ct) ? null : rows.GetString(3);

            // What a model or an annotator made has other members than the source's records.
            if (table == HeldTable.Enrichments && match.IsNarrow(source)) continue;
            for (var i = 0; i < table.Columns.Count; i++)
            {
                if (table.Read(rows, first: 4, i) is not { } held || !match.IsIn(held.Document, source)) continue;
                found.Add(new HeldRow(rows.GetGuid(0), rows.GetInt64(1), rows.GetString(2)));
                break;
            }
        }

        return found;
    }

    /// <summary>What enrichers made of some records, whatever is said in it.</summary>
    public async Task<List<HeldRow>> MadeOfAsync(string tenantId, IReadOnlyList<HeldRow> records, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            "SELECT h.job_id, h.seq, h.kind FROM sync_enrichments h JOIN unnest($2::uuid[], $3::bigint[]) AS k (job_id, seq) ON h.job_id = k.job_id AND h.seq = k.seq WHERE h.tenant_id = $1 AND h.job_id = ANY ($2)",
            tenantId, records.Select(r => r.JobId).ToArray(), records.Select(r => r.Seq).ToArray());
        await using var rows = await batch.ReadAsync(ct);
        List<HeldRow> made = [];
        while (await rows.ReadAsync(ct)) made.Add(new HeldRow(rows.GetGuid(0), rows.GetInt64(1), rows.GetString(2)));
        return made;
    }

    /// <summary>Some records of jobs as their enrichers saw them, job by job; those alone whose job asks for one of <paramref name="by"/>.</summary>
    public async Task<List<ForgottenRecords>> SeenByAsync(string tenantId, IReadOnlyList<HeldRow> rows, IReadOnlyList<IForgetsRecords> by, CancellationToken ct)
    {
        List<ForgottenRecords> seen = [];
        foreach (var job in rows.GroupBy(r => r.JobId))
        {
            await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
            batch.Add("SELECT created_at, config::text FROM sync_jobs WHERE tenant_id = $1 AND id = $2", tenantId, job.Key);
            batch.Add(
                "SELECT seq, coalesce(refined_data, raw_data)::text, refined_changes::text FROM sync_data WHERE tenant_id = $1 AND job_id = $2 AND seq = ANY ($3)", tenantId, job.Key, job.Select(r => r.Seq).ToArray());
            await using var read = await batch.ReadAsync(ct);
            if (!await read.ReadAsync(ct)) continue;
            var (created, plan) = (await read.GetFieldValueAsync<DateTimeOffset>(0, ct), JsonElement.Parse(read.GetString(1), new() { MaxDepth = 128 }));
            var config = plan.TryGetProperty("refinement_config", out var asked) && asked.ValueKind == JsonValueKind.Object ? asked : Nothing;
            if (!by.Any(b => b.Concerns(config))) continue;
            await read.NextResultAsync(ct);
            List<ForgottenRecord> records = [];
            while (await read.ReadAsync(ct))
            {
                var (document, changes) = (read.GetString(1), await read.IsDBNullAsync(2, ct) ? null : read.GetString(2));
                records.Add(new ForgottenRecord(read.GetInt64(0), Encoding.UTF8.GetBytes(changes is null ? document : DocumentChanges.Apply(document, changes))));
            }

            if (records.Count > 0) seen.Add(new ForgottenRecords(tenantId, job.Key, created, config, records));
        }

        return seen;
    }
}
