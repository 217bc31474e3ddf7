using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Finds tasks by our keys, never by their order. Of two with one key, which a request that was taken and never answered may leave behind, the older one counts; the
/// other goes, unless somebody has annotated it already.
/// </summary>
internal sealed class TaskMatch(LabelStudioClient client)
{
    /// <summary>Looks at the tasks that an import named.</summary>
    public async Task AmongAsync(LabelStudioServer server, long project, IReadOnlyList<long> ids, IReadOnlyList<OutgoingTask> wanted, CancellationToken ct)
    {
        foreach (var chunk in ids.Chunk(TaskLook.Chunk)) await FindAsync(server, TaskQuery.KeysOf(project, chunk), wanted, ct);
    }

    /// <summary>Looks at everything that was made since a time by the server's clock.</summary>
    public Task SinceAsync(LabelStudioServer server, long project, DateTimeOffset since, IReadOnlyList<OutgoingTask> wanted, CancellationToken ct)
        => FindAsync(server, TaskQuery.KeysSince(project, since), wanted, ct);

    private async Task FindAsync(LabelStudioServer server, TaskQuery query, IReadOnlyList<OutgoingTask> wanted, CancellationToken ct)
    {
        var byKey = wanted.ToDictionary(t => t.Key, StringComparer.Ordinal);
        await foreach (var found in client.TasksAsync(server, query, most: null, ct))
        {
            if (found.Key is null || !byKey.TryGetValue(found.Key, out var task) || task.TaskId == found.Id) continue;
            if (task.TaskId is not { } other)
            {
                task.TaskId = found.Id;
                continue;
            }

            var (kept, twin) = found.Id < other ? (found.Id, other) : (other, found.Id);
            task.TaskId = kept;
            if (await client.FindAsync(server, twin, ct) is { Annotations.Count: 0, Drafts: 0 } again && again.Key == found.Key) await client.DeleteAsync(server, twin, ct);
        }
    }
}
