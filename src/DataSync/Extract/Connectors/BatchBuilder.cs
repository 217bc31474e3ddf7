using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors;

/// <summary>Collects records into batches within the bounds of a request: records and bytes of a batch, and the row limit.</summary>
/// <param name="request">The bounds.</param>
/// <param name="mostBytes">Bytes that a record may ask for as it is written.</param>
internal sealed class BatchBuilder(ReadRequest request, int mostBytes = OversizeRecord.LargestBytes) : IDisposable
{
    private readonly List<(int Index, Rejection Rejection)> _rejections = [];
    private RecordBuffer? _buffer = new(Math.Min(request.BatchBytes, 256 * 1024), mostBytes: mostBytes);
    private long _nextSeq = request.FirstSeq;

    /// <summary>Where the next record is written; <see cref="RecordBuffer.EndRecord"/> closes it.</summary>
    public RecordBuffer Buffer => _buffer ?? throw new ObjectDisposedException(nameof(BatchBuilder));

    public bool IsFull => Buffer.Count >= request.BatchSize || Buffer.Length >= request.BatchBytes;

    public bool IsEmpty => Buffer.Count == 0;

    /// <summary>Records still allowed by the row limit.</summary>
    public long Remaining => request.RowLimit is { } limit ? limit - (_nextSeq - request.FirstSeq) - Buffer.Count : long.MaxValue;

    /// <summary>True where the record closed last was refused.</summary>
    public bool LastIsRejected => _rejections.Count > 0 && _rejections[^1].Index == Buffer.Count - 1;

    /// <summary>Refuses the record closed last.</summary>
    public void RejectLast(Rejection rejection) => _rejections.Add((Buffer.Count - 1, rejection));

    /// <summary>Hands out what was collected and begins the next batch.</summary>
    public RecordBatch Take(ReadOnlyMemory<byte> resumeToken)
    {
        var batch = new RecordBatch(_nextSeq, Buffer) { ResumeToken = resumeToken };
        foreach (var (index, rejection) in _rejections) batch.Reject(index, rejection);
        _rejections.Clear();
        _nextSeq += batch.Count;
        _buffer = new RecordBuffer(Math.Clamp(batch.Raw.Length + batch.Raw.Length / 8, 16 * 1024, request.BatchBytes + 64 * 1024), batch.Count, mostBytes);
        return batch;
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }
}
