using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Projects;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>Removes all tasks of whole jobs, with what was annotated on them, in one reading of their project. See <see cref="ForgetTasksOfJobs"/>.</summary>
internal sealed class TasksOfJobs(ProjectStore projects, LabelStudioClient client)
{
    public async Task<ForgetOutcome> ForgetAsync(string tenantId, long project, IReadOnlyCollection<Guid> jobs, CancellationToken ct)
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

        var wanted = jobs.ToHashSet();
        List<long> tasks = [];
        await foreach (var task in client.TasksAsync(server, TaskQuery.KeysSince(project, jobs.Min(MadeAt) - TaskImport.ClockSkew), most: null, ct))
        {
            if (task.Key is { } key && TaskKey.JobOf(key) is { } job && wanted.Contains(job)) tasks.Add(task.Id);
        }

        foreach (var task in tasks) await client.DeleteAsync(server, task, ct);
        return new ForgetOutcome(tasks.Count, 0);
    }

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
