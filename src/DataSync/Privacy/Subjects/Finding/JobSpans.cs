using System.Runtime.CompilerServices;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Subjects.Finding;

/// <summary>Divides what a tenant keeps into stretches of some ten thousand rows: small jobs together, a large one in parts. Each is looked at in a transaction of its own.</summary>
internal sealed class JobSpans(TenantDatabase database)
{
    /// <summary>Rows of a stretch, more or less.</summary>
    public const long Rows = 50_000;
    private const int Page = 1000;

    /// <summary>The stretches behind a place, to the end. Rows of no known job are in them too.</summary>
    public async IAsyncEnumerable<JobSpan> ReadAsync(string tenantId, string? place, [EnumeratorCancellation] CancellationToken ct)
    {
        var (after, from) = JobSpan.Read(place);
        if (from >= 0)
        {
            // in the middle of a large job, which is the one named
            var parts = await LargeAsync(tenantId, after, ct);
            for (var at = from; at <= parts; at += Rows) yield return Part(after, at, parts);
        }

        var (first, weight) = (after, 0L);
        while (true)
        {
            var jobs = await PageAsync(tenantId, after, ct);
            foreach (var (job, rows) in jobs)
            {
                if (rows > Rows)
                {
                    if (Before(job) != first) yield return new JobSpan(first, Before(job), 0, long.MaxValue); // with what lies between two known jobs
                    var last = await LargeAsync(tenantId, job, ct);
                    for (var at = 0L; at <= last; at += Rows) yield return Part(job, at, last);
                    (first, after, weight) = (job, job, 0);
                    continue;
                }

                if (weight > 0 && weight + rows > Rows)
                {
                    yield return new JobSpan(first, after, 0, long.MaxValue);
                    (first, weight) = (after, 0);
                }

                (after, weight) = (job, weight + Math.Max(1, rows));
            }

            if (jobs.Count < Page) break;
        }

        yield return new JobSpan(first, JobSpan.Last, 0, long.MaxValue);
    }

    /// <summary>A part of one job: behind the id before it.</summary>
    private static JobSpan Part(Guid job, long from, long last) => new(Before(job), job, from, from + Rows > last ? long.MaxValue : from + Rows);

    private static Guid Before(Guid job)
    {
        var bytes = job.ToByteArray(bigEndian: true);
        for (var i = bytes.Length - 1; i >= 0 && bytes[i]-- == 0; i--) { }
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The number of a job's last row.</summary>
    private async Task<long> LargeAsync(string tenantId, Guid job, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            """
            SELECT greatest((SELECT max(seq) FROM sync_data WHERE tenant_id = $1 AND job_id = $2), (SELECT max(seq) FROM sync_rejections WHERE tenant_id = $1 AND job_id = $2),
                (SELECT max(seq) FROM sync_enrichments WHERE tenant_id = $1 AND job_id = $2), 0)
            """,
            tenantId, job);
        await using var row = await batch.ReadAsync(ct);
        await row.ReadAsync(ct);
        return row.GetInt64(0);
    }

    private async Task<List<(Guid Job, long Rows)>> PageAsync(string tenantId, Guid after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT id, record_count + error_count FROM sync_jobs WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3", tenantId, after, Page);
        await using var rows = await batch.ReadAsync(ct);
        List<(Guid, long)> jobs = [];
        while (await rows.ReadAsync(ct)) jobs.Add((rows.GetGuid(0), rows.GetInt64(1)));
        return jobs;
    }
}
