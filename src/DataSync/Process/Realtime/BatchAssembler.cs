using DataSync.Pipeline;

namespace DataSync.Process.Realtime;

/// <summary>Makes batches of single records that come from different places. One batch at a time; <see cref="Take"/> hands it out.</summary>
internal sealed class BatchAssembler(int batchBytes) : IDisposable
{
    private const int BatchRecords = 1000;
    private RecordBuffer? _raw, _refined, _metadata, _enriched;
    private List<long> _seqs = [];

    public int Count => _seqs.Count;

    public bool IsFull => Count >= BatchRecords || _raw?.Length >= batchBytes;

    /// <summary>Where the record's original is written; <see cref="EndRaw"/> closes it.</summary>
    public RecordBuffer Raw => _raw ??= new RecordBuffer(batchBytes / 2);

    /// <summary>Where the refined document of the record closed last is written; nothing need be written where there is none.</summary>
    public RecordBuffer Refined => Filled(ref _refined);

    /// <summary>The same for its metadata.</summary>
    public RecordBuffer Metadata => Filled(ref _metadata);

    /// <summary>The same for what enrichers made of it.</summary>
    public RecordBuffer Enriched => Filled(ref _enriched);

    public void EndRaw(long seq)
    {
        Raw.EndRecord();
        _seqs.Add(seq);
    }

    /// <summary>Copies a kept record of another batch.</summary>
    public void Add(RecordBatch batch, int index)
    {
        Raw.Add(batch.Raw[index]);
        _seqs.Add(batch.SeqOf(index));
        if (batch.Refined is { } refined && refined[index].Length > 0) Refined.Add(refined[index]);
        if (batch.Metadata is { } metadata && metadata[index].Length > 0) Metadata.Add(metadata[index]);
        if (batch.Enriched is { } enriched && enriched[index].Length > 0) Enriched.Add(enriched[index]);
    }

    /// <summary>The batch so far; null where it is empty.</summary>
    public RecordBatch? Take()
    {
        if (Count == 0) return null;
        Pad(_refined, Count);
        Pad(_metadata, Count);
        Pad(_enriched, Count);
        var batch = new RecordBatch(_seqs[0], _raw!) { Refined = _refined, Metadata = _metadata, Enriched = _enriched, Seqs = _seqs[^1] - _seqs[0] == Count - 1 ? null : _seqs };
        (_raw, _refined, _metadata, _enriched, _seqs) = (null, null, null, null, []);
        return batch;
    }

    public void Dispose()
    {
        _raw?.Dispose();
        _refined?.Dispose();
        _metadata?.Dispose();
        _enriched?.Dispose();
        (_raw, _refined, _metadata, _enriched) = (null, null, null, null);
    }

    private RecordBuffer Filled(ref RecordBuffer? buffer)
    {
        buffer ??= new RecordBuffer(batchBytes / 2);
        Pad(buffer, Count - 1);
        return buffer;
    }

    private static void Pad(RecordBuffer? buffer, int count)
    {
        while (buffer?.Count < count) buffer.EndRecord();
    }
}
