using DataSync.Pipeline;
using DataSync.Process.Realtime;

namespace DataSync.Process.Hybrid;

/// <summary>Puts held records among stored ones, in the order of their sequence numbers.</summary>
internal sealed class RecordMerge(HeldRecords held, int batchBytes) : IDisposable
{
    private readonly HeldRecords.Cursor _held = held.OpenCursor();
    private readonly BatchAssembler _output = new(batchBytes);

    /// <summary>True where no held record comes before the end of a batch: it can pass as it is.</summary>
    public bool IsBehind(RecordBatch stored) => _output.Count == 0 && !(Next() < stored.SeqOf(stored.Count - 1));

    /// <summary>A stored batch with the held records that come before its last one.</summary>
    public IEnumerable<RecordBatch> With(RecordBatch stored)
    {
        for (var i = 0; i < stored.Count; i++)
        {
            foreach (var batch in Before(stored.SeqOf(i))) yield return batch;
            _output.Add(stored, i);
            if (_output.IsFull) yield return _output.Take()!;
        }

        if (_output.Take() is { } last) yield return last;
    }

    /// <summary>The held records that are left.</summary>
    public IEnumerable<RecordBatch> Rest()
    {
        foreach (var batch in Before(long.MaxValue)) yield return batch;
        if (_output.Take() is { } last) yield return last;
    }

    public void Dispose() => _output.Dispose();

    private IEnumerable<RecordBatch> Before(long seq)
    {
        while (Next() < seq)
        {
            _held.CopyTo(_output);
            if (_output.IsFull) yield return _output.Take()!;
        }
    }

    private long? Next() => _held.Peek();
}
