using System.Buffers;
using System.Buffers.Binary;

namespace DataSync.Process.Async;

/// <summary>A buffered reader of big-endian numbers and bytes over the COPY stream.</summary>
internal sealed class CopyReader(Stream stream) : IDisposable
{
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private int _start, _end;

    /// <summary>What was read and not taken yet.</summary>
    public ReadOnlySpan<byte> Buffered => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Sees to it that so many bytes are buffered.</summary>
    public ValueTask BufferAsync(int count, CancellationToken ct) => _end - _start < count ? EnsureAsync(count, ct) : ValueTask.CompletedTask;

    /// <summary>Takes buffered bytes off.</summary>
    public void Skip(int count) => _start += count;

    public ValueTask<short> ReadInt16Async(CancellationToken ct)
    {
        if (_end - _start < 2) return Slow(this, ct);
        return ValueTask.FromResult(Take16());

        static async ValueTask<short> Slow(CopyReader reader, CancellationToken ct)
        {
            await reader.EnsureAsync(2, ct);
            return reader.Take16();
        }
    }

    public ValueTask<int> ReadInt32Async(CancellationToken ct)
    {
        if (_end - _start < 4) return Slow(this, ct);
        return ValueTask.FromResult(Take32());

        static async ValueTask<int> Slow(CopyReader reader, CancellationToken ct)
        {
            await reader.EnsureAsync(4, ct);
            return reader.Take32();
        }
    }

    public async ValueTask SkipAsync(int count, CancellationToken ct)
    {
        await EnsureAsync(count, ct);
        _start += count;
    }

    public async ValueTask ReadBytesAsync(IBufferWriter<byte> target, int count, CancellationToken ct)
    {
        while (count > 0)
        {
            if (_start == _end) await EnsureAsync(1, ct);
            var part = Math.Min(count, _end - _start);
            target.Write(_bytes.AsSpan(_start, part));
            _start += part;
            count -= part;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private short Take16()
    {
        var value = BinaryPrimitives.ReadInt16BigEndian(_bytes.AsSpan(_start));
        _start += 2;
        return value;
    }

    private int Take32()
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(_start));
        _start += 4;
        return value;
    }

    private async ValueTask EnsureAsync(int count, CancellationToken ct)
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        (_start, _end) = (0, _end - _start);
        while (_end < count)
        {
            var read = await stream.ReadAsync(_bytes.AsMemory(_end), ct);
            if (read == 0) throw new EndOfStreamException("The database ended the records in the middle.");
            _end += read;
        }
    }
}
