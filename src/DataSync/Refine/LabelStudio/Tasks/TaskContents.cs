using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>What tasks show and what was written on them, some at a time. One that does not come with the others is asked for by itself before it counts as gone.</summary>
internal static class TaskContents
{
    /// <summary>Tasks that are asked for at once.</summary>
    private const int Chunk = 50;

    public static async IAsyncEnumerable<(SentTask Task, TaskContent Content)> ReadAsync(
        LabelStudioClient client, LabelStudioServer server, long project, IReadOnlyList<SentTask> tasks, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var chunk in tasks.Chunk(Chunk))
        {
            foreach (var read in await ReadChunkAsync(client, server, project, chunk, ct)) yield return read;
        }
    }

    /// <summary>A task, to be given to the person whom it is about.</summary>
    public static KeptElsewhere Kept(SentTask task, TaskContent content)
        => new(TaskKey.JobOf(task.Key) ?? Guid.Empty, TaskKey.SeqOf(task.Key), task.TaskId, content.Data is { } data ? Bytes(data) : null, [.. content.Results.Select(Bytes)]);

    public static byte[] Bytes(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

    /// <summary>In halves where a server does not manage as many.</summary>
    private static async Task<List<(SentTask Task, TaskContent Content)>> ReadChunkAsync(LabelStudioClient client, LabelStudioServer server, long project, SentTask[] tasks, CancellationToken ct)
    {
        List<(SentTask, TaskContent)> read = [];
        try
        {
            var left = tasks.ToDictionary(t => t.TaskId);
            await foreach (var task in client.TasksAsync(server, TaskQuery.ContentOf(project, left.Keys), tasks.Length, ct))
            {
                if (left.Remove(task.Id, out var sent)) Add(sent, task);
            }

            foreach (var sent in left.Values)
            {
                if (await client.FindAsync(server, sent.TaskId, ct, hasContent: true) is { } task) Add(sent, task);
            }

            return read;
        }
        catch (SyncFailureException e) when (tasks.Length > 1 && e.Failure.MessageKey is LabelStudioAnswer.TooLargeKey or "errors.connection.timeout")
        {
            var half = tasks.Length / 2;
            return [.. await ReadChunkAsync(client, server, project, tasks[..half], ct), .. await ReadChunkAsync(client, server, project, tasks[half..], ct)];
        }

        void Add(SentTask sent, TaskReading task)
        {
            if (sent.Key == task.Key && task.Content is { } content) read.Add((sent, content));
        }
    }
}
