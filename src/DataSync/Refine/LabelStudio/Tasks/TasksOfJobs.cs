using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Projects;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Removes tasks of whole jobs, with what was annotated on them, going through their project once for all of them: all (<see cref="ForgetTasksOfJobs"/>), or those that are about somebody (<see cref="ForgetLeftTasks"/>).
/// </summary>
internal sealed class TasksOfJobs(ProjectStore projects, LabelStudioClient client)
{
    /// <summary>Tasks that are looked into at once.</summary>
    private const int Chunk = 50;

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

        var wanted = jobs.ToHashSet();
        var forgotten = 0;
        await foreach (var found in TaskSearch.ReadAsync(
            client, server, TaskQuery.KeysSince(project, jobs.Min(MadeAt) - TaskImport.ClockSkew), key => TaskKey.JobOf(key) is { } job && wanted.Contains(job), ct))
        {
            var tasks = isAbout is null ? found : await AboutAsync(server, project, found, isAbout, ct);
            foreach (var task in tasks) await client.DeleteAsync(server, task.TaskId, ct);
            forgotten += tasks.Count;
        }

        return new ForgetOutcome(forgotten, 0);
    }

    private async Task<List<SentTask>> AboutAsync(LabelStudioServer server, long project, List<SentTask> tasks, IsAboutSubject isAbout, CancellationToken ct)
    {
        List<SentTask> about = [];
        foreach (var chunk in tasks.Chunk(Chunk)) await AboutAsync(server, project, chunk, isAbout, about, ct);
        return about;
    }

    /// <summary>Those of some tasks that are about somebody; in halves where a server does not manage as many. One that does not come is asked for by itself before it counts as gone.</summary>
    private async Task AboutAsync(LabelStudioServer server, long project, SentTask[] tasks, IsAboutSubject isAbout, List<SentTask> about, CancellationToken ct)
    {
        List<SentTask> found = [];
        try
        {
            var left = tasks.ToDictionary(t => t.TaskId);
            await foreach (var task in client.TasksAsync(server, TaskQuery.ContentOf(project, left.Keys), tasks.Length, ct))
            {
                if (left.Remove(task.Id, out var sent) && IsAbout(sent, task)) found.Add(sent);
            }

            foreach (var sent in left.Values)
            {
                if (await client.FindAsync(server, sent.TaskId, ct, hasContent: true) is { } task && IsAbout(sent, task)) found.Add(sent);
            }
        }
        catch (SyncFailureException e) when (tasks.Length > 1 && e.Failure.MessageKey is LabelStudioAnswer.TooLargeKey or "errors.connection.timeout")
        {
            var half = tasks.Length / 2;
            await AboutAsync(server, project, tasks[..half], isAbout, about, ct);
            await AboutAsync(server, project, tasks[half..], isAbout, about, ct);
            return;
        }

        about.AddRange(found);

        bool IsAbout(SentTask sent, TaskReading task) => sent.Key == task.Key && TaskKey.JobOf(sent.Key) is { } job && task.Content is { } content
            && ((content.Data is { } data && isAbout(job, Bytes(data), isMade: false)) || content.Results.Any(result => isAbout(job, Bytes(result), isMade: true)));
    }

    private static byte[] Bytes(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

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
