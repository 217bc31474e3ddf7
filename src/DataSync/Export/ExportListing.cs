using System.Runtime.CompilerServices;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary>
/// The files that are listed with a job: its own, then those of the jobs that exported it again. These lie in folders of their own and may have equal names, so here
/// the job's id and a dot stand before theirs.
/// </summary>
internal sealed class ExportListing(ExportFiles files, FindExportsAgain again)
{
    private const int IdLength = 36;

    /// <summary>The files behind a place, in order; from the first where the place is gone.</summary>
    /// <param name="tenantId">Whose they are.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="after">The name of the file before the first; null for all. An export that ran again may have another order, so the place is a name.</param>
    /// <param name="ct">Ends the reading.</param>
    public async IAsyncEnumerable<ExportedFile> ReadAsync(string tenantId, Guid jobId, string? after, [EnumeratorCancellation] CancellationToken ct)
    {
        List<Guid> jobs = [jobId, .. await again(tenantId, jobId, ct)];
        var (of, name) = after is null ? (null, null) : Split(after);
        var first = jobs.IndexOf(of ?? jobId);
        if (first < 0) (first, name) = (0, null);
        for (var i = first; i < jobs.Count; i++)
        {
            var listed = await files.ListAsync(tenantId, jobs[i], ct);
            var from = i > first || name is null ? 0 : listed.TakeWhile(f => !string.Equals(f.Name, name, StringComparison.Ordinal)).Count() + 1;
            foreach (var file in listed.Skip(from > listed.Count ? 0 : from)) yield return i == 0 ? file : file with { Name = $"{jobs[i]:D}.{file.Name}" };
        }
    }

    /// <summary>Where a listed file lies: the job whose folder it is in, and its name there. Null where the job has no other job's file of that name; whether the file is there is not asked.</summary>
    public async Task<(Guid Job, string Name)?> PlaceAsync(string tenantId, Guid jobId, string name, CancellationToken ct) => Split(name) switch
    {
        (null, _) => (jobId, name),
        ({ } of, var its) => (await again(tenantId, jobId, ct)).Contains(of) ? (of, its) : null,
    };

    private static (Guid? Job, string Name) Split(string name)
        => name.Length > IdLength + 1 && name[IdLength] == '.' && Guid.TryParseExact(name.AsSpan(0, IdLength), "D", out var job) ? (job, name[(IdLength + 1)..]) : (null, name);
}
