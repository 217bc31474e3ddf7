using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Process.Realtime;

/// <summary>Keeps records in this process's memory and nowhere else, until the run is over.</summary>
internal sealed class RealtimeStrategy(RealtimeMemory memory, TimeProvider time) : IProcessingStrategy
{
    /// <summary>A result nobody fetched or let go is forgotten this long after the run's own time.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);


    /// <summary>By attempt: one that lost its job may still hold its own records while the next one begins in the same process.</summary>
    private readonly ConcurrentDictionary<(Guid Job, long Fence), HeldRecords> _held = new();

    public string Mode => SyncModes.Realtime;

    /// <summary>Takes in every original before the first is worked on: a run that does not fit has had no effect.</summary>
    public async IAsyncEnumerable<RecordBatch> AdmitAsync(SyncRun run, IAsyncEnumerable<RecordBatch> extracted, [EnumeratorCancellation] CancellationToken ct)
    {
        // Whoever finds the job later has neither its records nor its caller.
        if (run.Inline is not { } inline) throw new SyncFailureException(SyncFailure.Permanent("errors.job.realtime_lost"));
        var held = new HeldRecords(await memory.OpenAsync(run.TenantId, ct), inline.BatchBytes, TimeSpan.FromSeconds(run.Plan.TimeoutSeconds) + Grace, time);
        if (!_held.TryAdd(Key(run), held)) throw new InvalidOperationException("The run holds records already.");
        if (inline.Payload is { } payload) held.Charge(payload.Length);
        await foreach (var batch in extracted.WithCancellation(ct))
        {
            using (batch) held.AddOriginals(batch);
        }

        foreach (var batch in held.ReadOriginals())
        {
            ct.ThrowIfCancellationRequested();
            yield return batch;
        }
    }

    public async Task StoreAsync(SyncRun run, IAsyncEnumerable<RecordBatch> batches, CancellationToken ct)
    {
        await foreach (var batch in batches.WithCancellation(ct))
        {
            using (batch)
            {
                _held[Key(run)].AddOutcomes(batch);
                run.Progress.AddProcessed(batch.Count - batch.RejectedCount, batch.RejectedCount);
                run.Progress.AddRules(batch.RuleHits);
            }
        }
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!_held.TryGetValue(Key(run), out var held)) throw new SyncFailureException(SyncFailure.Permanent("errors.job.realtime_lost"));
        foreach (var batch in held.Read())
        {
            ct.ThrowIfCancellationRequested();
            yield return batch;
            await Task.CompletedTask;
        }
    }

    public Task ResetAsync(SyncRun run, CancellationToken ct)
    {
        Release(run);
        return Task.CompletedTask;
    }

    public void Release(SyncRun run)
    {
        if (_held.TryRemove(Key(run), out var held)) held.Dispose();
    }

    private static (Guid Job, long Fence) Key(SyncRun run) => (run.JobId, run.Fence);
}
