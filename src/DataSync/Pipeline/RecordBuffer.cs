using System.Buffers;

namespace DataSync.Pipeline;

/// <summary>
/// An append-only, pooled buffer of UTF-8 JSON documents. Writers append through <see cref="IBufferWriter{T}"/> and close
/// each document with <see cref="EndRecord"/>; readers index documents without copying. <see cref="Length"/> is the exact number
/// of payload bytes held, <see cref="Capacity"/> what they take of memory. Where documents have a bound,
/// who writes beyond it ends with <see cref="RecordTooLargeException"/> before memory is taken for it.
/// </summary>
internal sealed class RecordBuffer : IBufferWriter<byte>, IDisposable
{
    private const int SmallestBuffer = 16 * 1024, LeastRoom = 256;
    private byte[] _bytes;
    private int[] _ends;
    private readonly int _mostBytes;
    private int _written;

    /// <summary>Where the open document must end, and where its room ends: there, or with the memory.</summary>
    private int _bound, _end;

    /// <summary>An empty buffer.</summary>
    /// <param name="expectedBytes">Room it begins with.</param>
    /// <param name="expectedRecords">Documents there is room for at first.</param>
    /// <param name="mostBytes">Bytes that a document may ask for.</param>
    public RecordBuffer(int expectedBytes = 64 * 1024, int expectedRecords = 256, int mostBytes = int.MaxValue)
    {
        _mostBytes = mostBytes;
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(expectedBytes, SmallestBuffer));
        _ends = ArrayPool<int>.Shared.Rent(Math.Max(expectedRecords, 16));
        Begin();
    }

    /// <summary>How much is written, the open document included: a place to go back to.</summary>
    public int Written => _written;

    /// <summary>Documents closed so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all closed documents.</summary>
    public int Length => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>Bytes rented: what the memory limits count.</summary>
    public long Capacity => _bytes.Length + ((long)_ends.Length * sizeof(int));

    /// <summary>The bytes of one document; valid until the buffer is disposed or written to.</summary>
    public ReadOnlySpan<byte> this[int index] => Memory(index).Span;

    /// <summary>The bytes of one document; valid until the buffer is disposed or written to.</summary>
    public ReadOnlyMemory<byte> Memory(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsMemory(start, _ends[index] - start);
    }

    /// <summary>Closes the document made of everything written since the last one. An empty document is allowed: it stands for "none".</summary>
    public void EndRecord()
    {
        if (Count == _ends.Length) Grow(ref _ends, Count, Count + 1);
        _ends[Count++] = _written;
        Begin();
    }

    /// <summary>Forgets what was written since the last closed document.</summary>
    public void AbandonRecord()
    {
        _written = Length;
        Begin();
    }

    /// <summary>Forgets what was written of the open document behind a place, from where it may ask for so much more.</summary>
    /// <param name="place">What <see cref="Written"/> was there.</param>
    /// <param name="more">The document's bound from there, in place of the one it had.</param>
    public void GoBack(int place, int more)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(place, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place, _written);
        _written = place;
        Bound(more);
    }

    /// <summary>Appends a whole document.</summary>
    public void Add(ReadOnlySpan<byte> document)
    {
        document.CopyTo(GetSpan(document.Length));
        Advance(document.Length);
        EndRecord();
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _written), nameof(count));
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _written + Math.Max(sizeHint, LeastRoom);
        if (needed > _end) MakeRoom(needed);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Forgets all documents and keeps the memory for the next ones.</summary>
    public void Clear()
    {
        (_written, Count) = (0, 0);
        Begin();
    }

    public void Dispose()
    {
        var (bytes, ends) = (_bytes, _ends);
        (_bytes, _ends, _written, _end, Count) = ([], [], 0, 0, 0);
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        if (ends.Length > 0) ArrayPool<int>.Shared.Return(ends);
    }

    /// <summary>A document begins.</summary>
    private void Begin() => Bound(_mostBytes);

    private void Bound(int more)
    {
        _bound = (int)Math.Min((long)_written + more, int.MaxValue);
        _end = Math.Min(_bytes.Length, _bound);
    }

    /// <summary>As long as there is room, nobody asks how large a document has become.</summary>
    private void MakeRoom(int needed)
    {
        if (needed > _bound) throw new RecordTooLargeException();
        Grow(ref _bytes, _written, needed);
        _end = Math.Min(_bytes.Length, _bound);
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, (int)Math.Min(array.Length * 2L, Array.MaxLength)));
        Array.Copy(array, larger, used);
        if (array.Length > 0) ArrayPool<T>.Shared.Return(array);
        array = larger;
    }
}
