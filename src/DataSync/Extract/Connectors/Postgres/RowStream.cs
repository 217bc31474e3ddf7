using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Takes rows off the wire into one reused buffer. What is larger than a record may be is passed over, never held.</summary>
internal sealed class RowStream(int largestBytes) : IDisposable
{
    private const int SmallestBuffer = 64 * 1024, KeptBuffer = 1024 * 1024;
    private const int FieldHeader = 8;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);

    /// <summary>Reads the current row. <c>Dropped</c> is the first column whose value did not fit; it and later ones that do not fit read as null.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Row, int? Dropped)> ReadAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        await using var stream = await reader.GetStreamAsync(0, ct);
        if (stream.Length > largestBytes) return await ReadPartlyAsync(stream, ct);
        var length = (int)stream.Length;
        Fit(length);
        await stream.ReadExactlyAsync(_buffer.AsMemory(0, length), ct);
        return (_buffer.AsMemory(0, length), null);
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask<(ReadOnlyMemory<byte> Row, int? Dropped)> ReadPartlyAsync(Stream stream, CancellationToken ct)
    {
        int? dropped = null;
        await stream.ReadExactlyAsync(_buffer.AsMemory(0, sizeof(int)), ct);
        var columns = BinaryPrimitives.ReadInt32BigEndian(_buffer);
        var at = sizeof(int);
        for (var column = 0; column < columns; column++)
        {
            Grow(at, at + FieldHeader);
            await stream.ReadExactlyAsync(_buffer.AsMemory(at, FieldHeader), ct);
            var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at + sizeof(int)));
            at += FieldHeader;
            if (length <= 0) continue;
            if (at + (long)length > largestBytes)
            {
                dropped ??= column;
                BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(at - sizeof(int)), -1);
                await SkipAsync(stream, at, length, ct);
                continue;
            }

            Grow(at, at + length);
            await stream.ReadExactlyAsync(_buffer.AsMemory(at, length), ct);
            at += length;
        }

        return (_buffer.AsMemory(0, at), dropped);
    }

    private async Task SkipAsync(Stream stream, int free, int length, CancellationToken ct)
    {
        Grow(free, free + SmallestBuffer);
        while (length > 0)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(free, Math.Min(length, _buffer.Length - free)), ct);
            if (read == 0) throw new EndOfStreamException();
            length -= read;
        }
    }

    /// <summary>Makes room for a whole row; a buffer grown for one large row is not kept for the small ones behind it.</summary>
    private void Fit(int length)
    {
        if (length > _buffer.Length || (_buffer.Length > KeptBuffer && length <= KeptBuffer))
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, SmallestBuffer));
        }
    }

    private void Grow(int used, int needed)
    {
        if (needed <= _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        _buffer.AsSpan(0, used).CopyTo(larger);
        Dispose();
        _buffer = larger;
    }
}
