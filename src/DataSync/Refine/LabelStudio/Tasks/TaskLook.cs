using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Reads how tasks stand. They are asked for by their ids, many at a time; where a server does not manage that, in halves. A task that does not come is asked for by
/// itself before it counts as deleted, and one that is not ours by its key counts as that too.
/// </summary>
internal sealed class TaskLook(LabelStudioClient client)
{
    /// <summary>Tasks asked for at once.</summary>
    public const int Chunk = 100;

    /// <summary>The tasks by their numbers; null for those that are gone.</summary>
    public async Task<IReadOnlyDictionary<long, TaskReading?>> ReadAsync(LabelStudioServer server, long project, IReadOnlyList<SentTask> tasks, CancellationToken ct)
    {
        var found = new Dictionary<long, TaskReading?>();
        foreach (var chunk in tasks.Chunk(Chunk)) await ReadAsync(server, project, chunk, found, ct);
        return found;
    }

    private async Task ReadAsync(LabelStudioServer server, long project, SentTask[] tasks, Dictionary<long, TaskReading?> found, CancellationToken ct)
    {
        try
        {
            var keys = tasks.ToDictionary(t => t.TaskId, t => t.Key);
            await foreach (var task in client.TasksAsync(server, TaskQuery.Selected(project, keys.Keys), tasks.Length, ct))
            {
                if (keys.TryGetValue(task.Id, out var key) && key == task.Key) found[task.Id] = task;
            }

            foreach (var task in tasks.Where(t => !found.ContainsKey(t.TaskId))) found[task.TaskId] = await AloneAsync(server, project, task, ct);
        }
        catch (SyncFailureException e) when (tasks.Length > 1 && e.Failure.MessageKey is LabelStudioAnswer.TooLargeKey or "errors.connection.timeout")
        {
            var half = tasks.Length / 2;
            await ReadAsync(server, project, tasks[..half], found, ct);
            await ReadAsync(server, project, tasks[half..], found, ct);
        }
    }

    private async Task<TaskReading?> AloneAsync(LabelStudioServer server, long project, SentTask task, CancellationToken ct)
    {
        var read = await client.FindAsync(server, task.TaskId, ct);
        return read is not null && read.Key == task.Key && (read.Project ?? project) == project ? read : null;
    }
}

/// <summary>A task that is at the server.</summary>
/// <param name="TaskId">Its number there.</param>
/// <param name="Key">Our name of it.</param>
internal readonly record struct SentTask(long TaskId, string Key);
