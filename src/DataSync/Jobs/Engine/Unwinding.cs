using DataSync.Pipeline;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Waits for an attempt's work, as long as it takes, until it is told to stop. From then on it has a moment to come back; then its writer's backend is ended; then
/// it is left behind, holding nothing: the job is no longer its own, so it can commit nothing, and the records it held in memory are let go.
/// </summary>
internal sealed class Unwinding(JobLease leases, PipelineRunner pipeline, EngineOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>The work's outcome. Throws what it threw, and <see cref="OperationCanceledException"/> where it was left behind.</summary>
    /// <param name="work">
    /// Begins on a thread of its own, and is told to stop by a token of its own: neither what blocks without awaiting nor a driver that hangs while it is told
    /// (as one that asks a silent server to cancel) keeps this one from going on.
    /// </param>
    /// <param name="run">The attempt.</param>
    /// <param name="mayLeave">Asked before it is left behind; false where it is to be waited for, because it will come back by itself.</param>
    /// <param name="stop">The work is to stop.</param>
    public async Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> work, SyncRun run, Func<bool> mayLeave, CancellationToken stop)
    {
        var told = new CancellationTokenSource();
        var working = Task.Run(() => work(told.Token), CancellationToken.None);
        if (await working.EndsAsync(Timeout.InfiniteTimeSpan, time, stop)) return await EndedAsync(working, told);
        var telling = told.CancelAsync();
        if (await working.EndsAsync(options.Unwinding, time, CancellationToken.None)) return await working;
        if (Writes(run))
        {
            await EndWriterAsync(run);
            if (await working.EndsAsync(options.Unwinding, time, CancellationToken.None)) return await working;
        }

        if (!mayLeave()) return await working;
        RunnerLog.LeftBehind(logger, telling.IsCompleted);
        pipeline.Release(run);
        throw new OperationCanceledException("The work did not come back when it was told to stop.");
    }

    private static async Task<T> EndedAsync<T>(Task<T> working, CancellationTokenSource told)
    {
        told.Dispose();
        return await working;
    }

    /// <summary>A realtime run keeps nothing, so no backend of ours works for it.</summary>
    private static bool Writes(SyncRun run) => run.Inline is not { Part: null };

    private async Task EndWriterAsync(SyncRun run)
    {
        try
        {
            await leases.EndWriterAsync(run, CancellationToken.None).WaitAsync(options.Unwinding, time);
        }
        catch (Exception e) when (e is TimeoutException || AttemptVerdict.IsOwnDatabase(e))
        {
            RunnerLog.WriterNotEnded(logger, e);
        }
    }
}
