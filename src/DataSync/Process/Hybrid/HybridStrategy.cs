using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Routing;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async;
using DataSync.Process.Realtime;

namespace DataSync.Process.Hybrid;

/// <summary>
/// Keeps each record where the routing rules send it: in the database or in this process's memory. What is in memory dies with the process, so the
/// checkpoint counts but names no place to go on: the next attempt begins with nothing, and one reading decides about every record.
/// </summary>
internal sealed class HybridStrategy(TenantDatabase database, RealtimeMemory memory, CompileConditions conditions, TimeProvider time) : IProcessingStrategy
{
    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private readonly AsyncStrategy _stored = new(database, time);

    /// <summary>By attempt: one that lost its job may still hold its own records while the next one begins in the same process.</summary>
    private readonly ConcurrentDictionary<(Guid Job, long Fence), HeldRecords> _held = new();

    public string Mode => SyncModes.Hybrid;

    public async Task StoreAsync(SyncRun run, IAsyncEnumerable<RecordBatch> batches, CancellationToken ct)
    {
        var held = new HeldRecords(await memory.OpenAsync(run.TenantId, ct), BatchBytes, TimeSpan.FromSeconds(run.Plan.TimeoutSeconds) + Grace, time);
        if (!_held.TryAdd(Key(run), held)) throw new InvalidOperationException("The run holds records already.");
        var router = RecordRouter.Of(run.Plan.Routing ?? new RoutingPlan(), conditions);
        run.Progress.Routed = router.Counts;
        var part = new MemoryPart(held, router);
        await _stored.StoreAsync(
            run with
            {
                Advance = (connection, move, token) => run.Advance(
                    connection,
                    move with
                    {
                        Next = new Checkpoint { NextSeq = move.Next.NextSeq },
                        Records = move.Records + part.Kept,
                        Rejected = move.Rejected + part.Refused,
                    },
                    token),
            },
            SplitAsync(run, batches, part, ct), ct);
    }

    /// <summary>Stored and held records as one stream, by sequence number.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!_held.TryGetValue(Key(run), out var held))
        {
            // The rest of a push: what was for memory is exported already.
            await foreach (var batch in _stored.ReadAsync(run, ct)) yield return batch;
            yield break;
        }

        using var merge = new RecordMerge(held, BatchBytes);
        await foreach (var stored in _stored.ReadAsync(run, withSeqs: true, ct))
        {
            if (merge.IsBehind(stored))
            {
                yield return stored;
                continue;
            }

            using (stored)
            {
                foreach (var merged in merge.With(stored)) yield return merged;
            }
        }

        foreach (var merged in merge.Rest()) yield return merged;
    }

    public Task ResetAsync(SyncRun run, CancellationToken ct)
    {
        Release(run);
        return _stored.ResetAsync(run, ct);
    }

    public void Release(SyncRun run)
    {
        if (_held.TryRemove(Key(run), out var held)) held.Dispose();
    }

    private static (Guid Job, long Fence) Key(SyncRun run) => (run.JobId, run.Fence);

    private static async IAsyncEnumerable<RecordBatch> SplitAsync(
        SyncRun run, IAsyncEnumerable<RecordBatch> batches, MemoryPart part, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var batch in batches.WithCancellation(ct))
        {
            try
            {
                part.TakeFrom(batch, run.Progress);
            }
            catch
            {
                batch.Dispose();
                throw;
            }

            yield return batch;
        }
    }

    /// <summary>The records routed to memory, and how many. A refused one is counted and not kept: its original may go neither to quarantine nor to a caller.</summary>
    private sealed class MemoryPart(HeldRecords held, RecordRouter router)
    {
        public long Kept { get; private set; }

        public long Refused { get; private set; }

        public void TakeFrom(RecordBatch batch, SyncProgress progress)
        {
            var (kept, refused) = (0, 0);
            for (var i = 0; i < batch.Count; i++)
            {
                if (!router.Route(batch.Raw.Memory(i)).ToMemory) continue;
                batch.SetAside(i);
                if (batch.IsRejected(i))
                {
                    refused++;
                    continue;
                }

                held.Add(batch, i);
                kept++;
            }

            batch.Seen = []; // the next attempt reads everything again
            (Kept, Refused) = (Kept + kept, Refused + refused);
            progress.AddProcessed(kept, refused);
        }
    }
}
