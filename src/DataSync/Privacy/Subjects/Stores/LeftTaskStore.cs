using System.Globalization;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// Tasks at servers of annotators whose records retention took first, and then did not reach the server, or was told to keep things from there on. No row tells any more which of them are the subject's, so they are looked into
/// where they are, project by project. A server that does not answer holds the request up, as it does for tasks of stored records.
/// </summary>
internal sealed class LeftTaskStore(TenantDatabase database, ForgetLeftTasks forget, ReadTasksOfJobs read) : IHoldsSubjects
{
    private const string Kind = "annotation_tasks", OutOfReach = "annotation_jobs_out_of_reach";

    private const string Sql =
        """
        SELECT l.project_id, l.job_id, j.source_id FROM label_studio_jobs l LEFT JOIN sync_jobs j ON j.tenant_id = l.tenant_id AND j.id = l.job_id
        WHERE l.tenant_id = $1 AND l.project_id > $2 AND (j.id IS NULL OR j.retired_at IS NOT NULL) ORDER BY l.project_id, l.job_id
        """;

    public string Phase => "left_tasks";

    /// <summary>Behind everything that lies here: a server that is away for good holds up nothing else.</summary>
    public int Order => 110;

    /// <summary>A preview asks nobody outside.</summary>
    public Task CountAsync(SubjectSearch search, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Asks the servers, project by project. One that cannot be read is named, as nobody can tell whether the subject is in it.</summary>
    public async Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct)
    {
        foreach (var project in (await JobsAsync(search.TenantId, 0, ct)).GroupBy(j => j.Project))
        {
            var sources = project.ToDictionary(j => j.Job, j => j.Source);
            var failure = await read(search.TenantId, project.Key, sources.Keys, kept =>
            {
                var source = sources[kept.JobId];
                var isOwn = kept.Shown is { } shown && IsAbout(search.Match, source, shown, isMade: false);
                return ElsewhereLines.WriteAsync(writer, Kind, kept, isOwn, made => IsAbout(search.Match, source, made, isMade: true), ct);
            }, ct);
            if (failure is not null) await writer.WriteNamedAsync(Kind, [("project_id", project.Key), ("jobs", (long)sources.Count)], failure, ct);
        }
    }

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        var after = work.Place is { } place ? long.Parse(place, CultureInfo.InvariantCulture) : 0;
        foreach (var project in (await JobsAsync(work.TenantId, after, ct)).GroupBy(j => j.Project))
        {
            await work.Confirm(ct);
            var sources = project.ToDictionary(j => j.Job, j => j.Source);
            var outcome = await forget(work.TenantId, project.Key, sources.Keys, (job, document, isMade) => IsAbout(work.Match, sources[job], document, isMade), ct);
            work.Add(Kind, outcome.Forgotten);
            work.Add(OutOfReach, outcome.OutOfReach);
            await work.PassAsync(project.Key.ToString(CultureInfo.InvariantCulture), ct);
        }
    }

    /// <summary>
    /// What somebody wrote has other members than the source's records. Of a job that is forgotten nobody knows the source: where the subject has fields, those of any source count, and else the whole document. A value that
    /// needs fields stands in documents of others too, and what is deleted at a server does not come back.
    /// </summary>
    private static bool IsAbout(SubjectMatch match, string? source, ReadOnlySpan<byte> document, bool isMade)
        => source is null && match.HasFields ? !isMade && match.IsInAnyField(document) : (!isMade || !match.IsNarrow(source)) && match.IsIn(document, source);

    private async Task<List<(long Project, Guid Job, string? Source)>> JobsAsync(string tenantId, long after, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(Sql, tenantId, after);
        await using var rows = await batch.ReadAsync(ct);
        List<(long, Guid, string?)> jobs = [];
        while (await rows.ReadAsync(ct)) jobs.Add((rows.GetInt64(0), rows.GetGuid(1), await rows.IsDBNullAsync(2, ct) ? null : rows.GetString(2)));
        return jobs;
    }
}
