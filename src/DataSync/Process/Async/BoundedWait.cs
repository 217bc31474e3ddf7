namespace DataSync.Process.Async;

/// <summary>Waiting for a task for a while only.</summary>
internal static class BoundedWait
{
    /// <summary>
    /// Whether the task ended, well or badly, within <paramref name="wait"/>. Looks at the task itself, never at which of the two the wait says came first:
    /// a task may end between the clock's word and the answer.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<bool> EndsWithinAsync(this Task task, TimeSpan wait, TimeProvider time, CancellationToken ct)
    {
        if (wait > TimeSpan.Zero) await task.WaitAsync(wait, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        ct.ThrowIfCancellationRequested();
        return task.IsCompleted;
    }
}
