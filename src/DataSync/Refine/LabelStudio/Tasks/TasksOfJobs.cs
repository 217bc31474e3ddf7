using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Projects;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Removes tasks of whole jobs, with what was annotated on them, going through their project once for all of them: all (<see cref="ForgetTasksOfJobs"/>), or those that are about somebody (<see cref="ForgetLeftTasks"/>). Or reads
/// them (<see cref="ReadTasksOfJobs"/>).
/// </summary>
internal sealed class TasksOfJobs(ProjectStore projects, LabelStudioClient client)
{
    public Task<ForgetOutcome> ForgetAsync(string tenantId, long project, IReadOnlyCollection<Guid> jobs, CancellationToken ct) => ForgetAsync(tenantId, project, jobs, null, ct);

    /// <summary>The same of those alone that are about somebody.</summary>
    public async Task<ForgetOutcome> ForgetAsync(string tenantId, long project, IReadOnlyCollection<Guid> jobs, IsAboutSubject? isAbout, CancellationToken ct)
    {
        LabelStudioServer server;
        try
        {
            server = await projects.ServerAsync(tenantId, project, ct);
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey == ProjectFailure.NotBoundKey)
        {
            return new ForgetOutcome(0, jobs.Count);
        }

        var forgotten = 0;
        await foreach (var found in FindAsync(server, project, jobs, ct))
        {
            var tasks = isAbout is null ? found : await AboutAsync(server, project, found, isAbout, ct);
            foreach (var task in tasks) await client.DeleteAsync(server, task.TaskId, ct);
            forgotten += tasks.Count;
        }

        return new ForgetOutcome(forgotten, 0);
    }

    /// <summary>See <see cref="ReadTasksOfJobs"/>.</summary>
    public async Task<string?> ReadAsync(string tenantId, long project, IReadOnlyCollection<Guid> jobs, Func<KeptElsewhere, Task> each, CancellationToken ct)
    {
        try
        {
            var server = await projects.ServerAsync(tenantId, project, ct);
            await foreach (var found in FindAsync(server, project, jobs, ct))
            {
                await foreach (var (task, content) in TaskContents.ReadAsync(client, server, project, found, ct)) await each(TaskContents.Kept(task, content));
            }

            return null;
        }
        catch (SyncFailureException e)
        {
            return e.Failure.MessageKey;
        }
    }

    private IAsyncEnumerable<List<SentTask>> FindAsync(LabelStudioServer server, long project, IReadOnlyCollection<Guid> jobs, CancellationToken ct)
    {
        var wanted = jobs.ToHashSet();
        return TaskSearch.ReadAsync(client, server, TaskQuery.KeysSince(project, jobs.Min(MadeAt) - TaskImport.ClockSkew), key => TaskKey.JobOf(key) is { } job && wanted.Contains(job), ct);
    }

    private async Task<List<SentTask>> AboutAsync(LabelStudioServer server, long project, List<SentTask> tasks, IsAboutSubject isAbout, CancellationToken ct)
    {
        List<SentTask> about = [];
        await foreach (var (task, content) in TaskContents.ReadAsync(client, server, project, tasks, ct))
        {
            if (TaskKey.JobOf(task.Key) is { } job && IsAbout(job, content, isAbout)) about.Add(task);
        }

        return about;
    }

    private static bool IsAbout(Guid job, TaskContent content, IsAboutSubject isAbout)
        => (content.Data is { } data && isAbout(job, TaskContents.Bytes(data), isMade: false)) || content.Results.Any(result => isAbout(job, TaskContents.Bytes(result), isMade: true));

    /// <summary>A job's id is a UUIDv7, and begins with the milliseconds since 1970.</summary>
    private static DateTimeOffset MadeAt(Guid job)
    {
        Span<byte> id = stackalloc byte[16];
        job.TryWriteBytes(id, bigEndian: true, out _);
        var milliseconds = 0L;
        foreach (var part in id[..6]) milliseconds = (milliseconds << 8) | part;
        return DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Min(milliseconds, 250_000_000_000_000));
    }
}
