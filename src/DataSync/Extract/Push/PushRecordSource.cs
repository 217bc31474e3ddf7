using System.Runtime.CompilerServices;
using DataSync.Extract.Push.Payloads;
using DataSync.Extract.Push.Schema;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;
using DataSync.Platform.Caching;

namespace DataSync.Extract.Push;

/// <summary>
/// Records that were sent to us: with the call that is being answered, when they are nowhere but in the process that took it; or in deliveries that
/// were taken in before, in the order they arrived in.
/// </summary>
internal sealed class PushRecordSource(ReadPushed deliveries, ConfigurationCache cache) : IRecordSource
{
    private const int BatchBytes = 1024 * 1024;

    public string SourceType => "push";

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        // What came with a call is gone with its process: a worker that finds such a job has nothing to go on with.
        if (run.Inline is null ? run.Plan.Mode != SyncModes.Async : run.Inline.Payload is null) throw new SyncFailureException(SyncFailure.Permanent("errors.job.realtime_lost"));
        var extraction = PushExtraction.Read(run.Plan.ExtractionParams);
        var schema = extraction.Schema is { } text ? await cache.MadeOfAsync("schema", run.TenantId, text, () => RecordSchema.Read(text), ct) : null;
        var request = new ReadRequest { BatchSize = run.Plan.BatchSize, BatchBytes = run.Inline?.BatchBytes ?? BatchBytes, FirstSeq = run.Checkpoint.NextSeq };
        using var batches = new PushBatches(extraction, schema, request);
        if (run.Inline is { Payload: { } payload })
        {
            foreach (var batch in batches.OfCall(payload))
            {
                ct.ThrowIfCancellationRequested();
                yield return batch;
            }

            yield break;
        }

        var (after, skip) = PushBatches.Position(run.Checkpoint.Resume);
        await foreach (var delivery in deliveries(run, after, ct))
        {
            foreach (var batch in batches.OfDelivery(delivery, delivery.Position == after + 1 ? skip : 0)) yield return batch;
        }

        if (batches.Rest() is { } rest) yield return rest;
    }
}
