using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push;

/// <summary>Records that came with the call: the elements of a JSON array, or one value. They are nowhere but in the process that took it.</summary>
internal sealed class PushRecordSource : IRecordSource
{
    public string SourceType => "push";

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        if (run.Inline is not { Payload: { } payload } inline) throw new SyncFailureException(SyncFailure.Permanent("errors.job.realtime_lost"));
        var elements = new JsonElements(payload);
        var seq = 0L;
        while (Fill(elements, seq, run.Plan.BatchSize, inline.BatchBytes) is { } batch)
        {
            ct.ThrowIfCancellationRequested();
            seq += batch.Count;
            yield return batch;
            await Task.CompletedTask;
        }
    }

    private static RecordBatch? Fill(JsonElements elements, long firstSeq, int records, int bytes)
    {
        var buffer = new RecordBuffer(bytes, Math.Min(records, 1000));
        try
        {
            while (buffer.Count < records && buffer.Length < bytes && elements.TryNext(out var element)) buffer.Add(element.Span);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }

        if (buffer.Count > 0) return new RecordBatch(firstSeq, buffer);
        buffer.Dispose();
        return null;
    }
}
