using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Waiting;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Tasks with the key of a record that is another task by now: a server may take an import long after its sender has given up waiting and sent the records again. The one that somebody worked on counts,
/// the other goes; where both were worked on, neither is touched.
/// </summary>
internal sealed partial class TaskTwins(LabelStudioClient client, SentTasks sent, ILogger<TaskTwins> logger)
{
    /// <summary>Looks through what was made since the job, and leaves each record one task.</summary>
    public async Task SettleAsync(LabelStudioServer server, long project, string tenantId, Guid job, DateTimeOffset created, CancellationToken ct)
    {
        var made = new Dictionary<long, List<long>>();
        await foreach (var task in client.TasksAsync(server, TaskQuery.KeysSince(project, created - TaskImport.ClockSkew), most: null, ct))
        {
            if (task.Key is not { } key || TaskKey.JobOf(key) != job || TaskKey.SeqOf(key) is not { } seq) continue;
            if (!made.TryGetValue(seq, out var ids)) made.Add(seq, ids = []);
            ids.Add(task.Id);
        }

        foreach (var seqs in made.Keys.Chunk(TaskLook.Chunk))
        {
            foreach (var row in await sent.FindAsync(tenantId, job, seqs, ct))
            {
                var known = row.TaskId;
                foreach (var twin in made[row.Seq].Where(id => id != row.TaskId)) known = await SettleAsync(new Pair(server, project, tenantId, row, known, twin), ct);
            }
        }
    }

    /// <summary>Returns which of the two is the record's task from here on. It is noted before the other goes.</summary>
    private async Task<long?> SettleAsync(Pair pair, CancellationToken ct)
    {
        var key = TaskKey.Of(pair.Row.JobId, pair.Row.Seq);
        if (await ReadAsync(pair, pair.Twin, key, ct) is not { } twin) return pair.Known;
        var ours = pair.Known is { } id ? await ReadAsync(pair, id, key, ct) : null;
        if (ours is not null && IsUntouched(twin))
        {
            await client.DeleteAsync(pair.Server, twin.Id, ct);
            return ours.Id;
        }

        if (ours is not null && !IsUntouched(ours))
        {
            LogBoth(logger, pair.Row.JobId, ours.Id, twin.Id);
            return ours.Id;
        }

        await sent.MoveAsync(pair.Tenant, pair.Row.JobId, pair.Row.Seq, twin.Id, ct);
        if (ours is not null) await client.DeleteAsync(pair.Server, ours.Id, ct);
        return twin.Id;
    }

    private async Task<TaskReading?> ReadAsync(Pair pair, long id, string key, CancellationToken ct)
        => await client.FindAsync(pair.Server, id, ct) is { } task && task.Key == key && (task.Project ?? pair.Project) == pair.Project ? task : null;

    private static bool IsUntouched(TaskReading task) => task is { Annotations.Count: 0, Drafts: 0 };

    [LoggerMessage(1864, LogLevel.Warning, "A record of job {JobId} became two tasks, {Task} and {Twin}, and people worked on both: the first counts")]
    private static partial void LogBoth(ILogger logger, Guid jobId, long task, long twin);

    private sealed record Pair(LabelStudioServer Server, long Project, string Tenant, LabelStudioTask Row, long? Known, long Twin);
}
