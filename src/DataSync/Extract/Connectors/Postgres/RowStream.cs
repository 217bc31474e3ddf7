using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Takes rows off the wire into one reused buffer. What is larger than a record may be is passed over, never held. A server's word on lengths and columns is held against what it described, so that
/// whatever it says nothing grows beyond that. A row that is none fails with <see cref="InvalidDataException"/>.
/// </summary>
/// <param name="columns">Of each row.</param>
/// <param name="largestBytes">Of a row that is held.</param>
internal sealed class RowStream(int columns, int largestBytes) : IDisposable
{
    private const int SmallestBuffer = 64 * 1024, KeptBuffer = 1024 * 1024;
    private const int FieldHeader = 8, Null = -1;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);

    /// <summary>Reads the current row. <c>Dropped</c> is the first column whose value did not fit; it and later ones that do not fit read as null.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Row, int? Dropped)> ReadAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        Stream stream;
        try
        {
            stream = await reader.GetStreamAsync(0, ct);
        }
        catch (Exception e) when (e is InvalidCastException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("Another answer than rows in bytes.", e);
        }

        (ReadOnlyMemory<byte>, int?) row;
        if (stream.Length > largestBytes)
        {
            row = await ReadPartlyAsync(stream, ct);
        }
        else
        {
            var length = (int)stream.Length;
            Fit(length);
            await stream.ReadExactlyAsync(_buffer.AsMemory(0, length), ct);
            row = (_buffer.AsMemory(0, length), null);
        }

        // not where it failed: the driver would wait for all that the row still has to come
        await stream.DisposeAsync();
        return row;
    }

    /// <summary>Reads a row that is larger than one may be, without what does not fit.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Row, int? Dropped)> ReadPartlyAsync(Stream stream, CancellationToken ct)
    {
        var left = stream.Length - sizeof(int);
        await stream.ReadExactlyAsync(_buffer.AsMemory(0, sizeof(int)), ct);
        if (BinaryPrimitives.ReadInt32BigEndian(_buffer) != columns) throw new InvalidDataException("Other columns than were described.");
        int? dropped = null;
        var at = sizeof(int);
        for (var column = 0; column < columns; column++)
        {
            left -= FieldHeader;
            if (left < 0) throw Broken();
            Grow(at, at + FieldHeader);
            await stream.ReadExactlyAsync(_buffer.AsMemory(at, FieldHeader), ct);
            var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at + sizeof(int)));
            if (length < Null || length > left) throw Broken();
            at += FieldHeader;
            if (length <= 0) continue;
            left -= length;

            // the columns behind it need room as well, if only to say that they are null
            if (at + (long)length + ((columns - column - 1) * FieldHeader) > largestBytes)
            {
                dropped ??= column;
                BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(at - sizeof(int)), Null);
                await SkipAsync(stream, at, length, ct);
                continue;
            }

            Grow(at, at + length);
            await stream.ReadExactlyAsync(_buffer.AsMemory(at, length), ct);
            at += length;
        }

        return left == 0 ? (_buffer.AsMemory(0, at), dropped) : throw Broken();
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static InvalidDataException Broken() => new("A row that is longer or shorter than it says.");

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
