using System.Collections.Concurrent;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Process.Realtime;

/// <summary>
/// The records of one run in memory: originals in one log, what became of each in another, both counted. The logs are let go by <see cref="Dispose"/>, at the
/// latest when the run's time is over, whoever forgot it: reading then fails.
/// </summary>
internal sealed class HeldRecords : IDisposable
{
    /// <summary>What a refusal takes beside its original, roughly: the object, its place, its field's name.</summary>
    private const int RejectionBytes = 256;

    /// <summary>A batch on its way is there as it came, as it was refined, and as it is exported.</summary>
    private const int CopiesAtHand = 3;

    private readonly Lock _gate = new();
    private readonly MemoryAccount _account;
    private readonly SlabLog _raw, _outcomes;
    private readonly ConcurrentDictionary<long, Rejection> _rejections = new();
    private readonly int _batchBytes;
    private readonly ITimer _expiry;
    private long _atHand;
    private bool _isGone;

    public HeldRecords(MemoryAccount account, int batchBytes, TimeSpan expiry, TimeProvider time)
    {
        (_account, _raw, _outcomes, _batchBytes) = (account, new SlabLog(account), new SlabLog(account), batchBytes);
        _expiry = time.CreateTimer(_ => Dispose(), null, expiry, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Bytes counted for the run.</summary>
    public long Bytes => _account.Held;

    /// <summary>Counts memory that the run takes elsewhere, such as the payload it came with.</summary>
    public void Charge(long bytes)
    {
        lock (_gate) _account.Take(bytes);
    }

    /// <summary>Takes in the originals of a batch, refused ones too; those set aside are another part's.</summary>
    public void AddOriginals(RecordBatch batch)
    {
        lock (_gate)
        {
            Check();
            TakeAtHand(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                if (!batch.IsAside(i)) AddOriginal(batch, i);
            }
        }
    }

    /// <summary>Notes what became of the next originals, in their order.</summary>
    public void AddOutcomes(RecordBatch batch)
    {
        lock (_gate)
        {
            Check();
            TakeAtHand(batch);
            for (var i = 0; i < batch.Count; i++) AddOutcome(batch, i);
        }
    }

    /// <summary>Takes in one record, refined already.</summary>
    public void Add(RecordBatch batch, int index)
    {
        lock (_gate)
        {
            Check();
            AddOriginal(batch, index);
            AddOutcome(batch, index);
        }
    }

    /// <summary>The originals, in order, in new batches.</summary>
    public IEnumerable<RecordBatch> ReadOriginals()
    {
        var cursor = new Cursor(this, withOutcomes: false);
        while (cursor.NextBatch() is { } batch) yield return batch;
    }

    /// <summary>The records with what became of them, in order, in new batches.</summary>
    public IEnumerable<RecordBatch> Read()
    {
        var cursor = new Cursor(this, withOutcomes: true);
        while (cursor.NextBatch() is { } batch) yield return batch;
    }

    /// <summary>Reads record by record.</summary>
    public Cursor OpenCursor() => new(this, withOutcomes: true);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isGone) return;
            _isGone = true;
            _raw.Dispose();
            _outcomes.Dispose();
            _account.Dispose();
            _rejections.Clear();
        }

        _expiry.Dispose();
    }

    private void AddOriginal(RecordBatch batch, int index)
    {
        var seq = batch.SeqOf(index);
        var original = batch.Raw[index];
        if (batch.TryGetRejection(index, out var rejection)) Reject(seq, rejection);
        _raw.Write(seq);
        _raw.Write(original.Length);
        _raw.Write(original);
    }

    private void AddOutcome(RecordBatch batch, int index)
    {
        if (batch.TryGetRejection(index, out var rejection)) Reject(batch.SeqOf(index), rejection);
        var refined = batch.Refined is { } documents ? documents[index] : default;
        var metadata = batch.Metadata is { } objects ? objects[index] : default;
        var enriched = batch.Enriched is { } made ? made[index] : default;
        _outcomes.Write(refined.Length);
        _outcomes.Write(metadata.Length);
        _outcomes.Write(enriched.Length);
        _outcomes.Write(refined);
        _outcomes.Write(metadata);
        _outcomes.Write(enriched);
    }

    private void Reject(long seq, Rejection rejection)
    {
        if (!_rejections.TryAdd(seq, rejection)) return;
        _account.Take(RejectionBytes);
    }

    private void TakeAtHand(RecordBatch batch)
    {
        var needed = CopiesAtHand * batch.Capacity;
        if (needed <= _atHand) return;
        _account.Take(needed - _atHand);
        _atHand = needed;
    }

    private void Check()
    {
        if (_isGone) throw new SyncFailureException(SyncFailure.Permanent("errors.realtime.expired"));
    }

    /// <summary>A reading of the records, from the first.</summary>
    internal sealed class Cursor(HeldRecords held, bool withOutcomes)
    {
        private readonly SlabLog.Reader _raw = new(held._raw);
        private readonly SlabLog.Reader _outcomes = new(held._outcomes);
        private long? _seq;

        /// <summary>The sequence number of the next record; null at the end.</summary>
        public long? Peek()
        {
            lock (held._gate)
            {
                held.Check();
                return PeekSeq();
            }
        }

        /// <summary>Copies the record that <see cref="Peek"/> named.</summary>
        public void CopyTo(BatchAssembler target)
        {
            lock (held._gate)
            {
                held.Check();
                CopyNext(target);
            }
        }

        public RecordBatch? NextBatch()
        {
            using var batch = new BatchAssembler(held._batchBytes);
            lock (held._gate)
            {
                held.Check();
                while (!batch.IsFull && PeekSeq() is not null) CopyNext(batch);
            }

            if (batch.Take() is not { } taken) return null;
            for (var i = 0; i < taken.Count; i++)
            {
                if (held._rejections.TryGetValue(taken.SeqOf(i), out var rejection)) taken.Reject(i, rejection);
            }

            return taken;
        }

        private long? PeekSeq()
        {
            if (_seq is null && !_raw.IsAtEnd) _seq = _raw.ReadInt64();
            return _seq;
        }

        private void CopyNext(BatchAssembler target)
        {
            var seq = PeekSeq()!.Value;
            _raw.CopyTo(target.Raw, _raw.ReadInt32());
            target.EndRaw(seq);
            _seq = null;
            if (!withOutcomes) return;
            var (refined, metadata, enriched) = (_outcomes.ReadInt32(), _outcomes.ReadInt32(), _outcomes.ReadInt32());
            if (refined > 0)
            {
                _outcomes.CopyTo(target.Refined, refined);
                target.Refined.EndRecord();
            }

            if (metadata > 0)
            {
                _outcomes.CopyTo(target.Metadata, metadata);
                target.Metadata.EndRecord();
            }

            if (enriched > 0)
            {
                _outcomes.CopyTo(target.Enriched, enriched);
                target.Enriched.EndRecord();
            }
        }
    }
}
