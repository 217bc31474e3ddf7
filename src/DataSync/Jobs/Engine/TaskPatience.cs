namespace DataSync.Jobs.Engine;

internal static class TaskPatience
{
    /// <summary>Waits for a task and not for its result: true where it ended, how ever it did, before the time was up or the token set.</summary>
    public static async Task<bool> EndsAsync(this Task task, TimeSpan patience, TimeProvider time, CancellationToken ct)
    {
        await task.WaitAsync(patience, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}
