using System.Globalization;
using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;

namespace DataSync.Process.Async;

/// <summary>See <see cref="ReadKept"/>: two range scans of primary keys, merged. And <see cref="LacksKept"/>.</summary>
internal sealed class KeptOriginals(TenantDatabase database)
{
    /// <summary>A job that is known no longer has none to go by.</summary>
    private const string LacksSql =
        """
        SELECT k.n = 0 OR k.n < coalesce((SELECT record_count + error_count FROM sync_jobs WHERE tenant_id = $1 AND id = $2), k.n + 1)
        FROM (SELECT (SELECT count(*) FROM sync_data WHERE tenant_id = $1 AND job_id = $2) + (SELECT count(*) FROM sync_rejections WHERE tenant_id = $1 AND job_id = $2) AS n) k
        """;

    public async IAsyncEnumerable<RecordBatch> ReadAsync(KeptRange range, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(range.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        await foreach (var batch in StoredRecords.ReadAsync(connection.Connection, Sql(range), withSeqs: true, [], ct)) yield return batch;
    }

    public async Task<bool> LacksAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(LacksSql, tenantId, jobId);
        await using var row = await batch.ReadAsync(ct);
        await row.ReadAsync(ct);
        return row.GetBoolean(0);
    }

    /// <summary>A COPY takes no parameters; a Guid's own text and numbers have nothing to escape.</summary>
    private static string Sql(KeptRange range)
    {
        var limit = range.Limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "";
        var which = string.Create(CultureInfo.InvariantCulture, $"job_id = '{range.JobId:D}' AND seq BETWEEN {range.From} AND {range.To}");
        return
            $"SELECT k.seq, k.original, NULL::json, NULL::json, NULL::json FROM (SELECT seq, raw_data AS original FROM public.sync_data WHERE {which} UNION ALL SELECT seq, original FROM public.sync_rejections WHERE {which}) k ORDER BY k.seq{limit}";
    }
}
