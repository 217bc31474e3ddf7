using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>One message of the log, in one reused buffer. A value larger than a record may hold is passed over and marked; it is never held.</summary>
internal sealed class LogMessage(int largestBytes) : IDisposable
{
    /// <summary>Kinds of values in a row: as the protocol calls them, and one of ours.</summary>
    public const byte Null = (byte)'n', Unchanged = (byte)'u', Binary = (byte)'b', Text = (byte)'t', Dropped = (byte)'x';

    private const int SmallestBuffer = 64 * 1024, KeptBuffer = 1024 * 1024;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
    private int _at, _length;

    /// <summary>The message's letter.</summary>
    public char Kind => (char)_buffer[0];

    public bool IsAtEnd => _at >= _length;

    /// <summary>Takes a message off the wire; reading begins behind its letter.</summary>
    public async ValueTask ReadAsync(Stream stream, CancellationToken ct)
    {
        var length = stream.Length;
        Fit((int)Math.Min(length, largestBytes));
        if (length <= largestBytes)
        {
            _length = (int)length;
            await stream.ReadExactlyAsync(_buffer.AsMemory(0, _length), ct);
        }
        else
        {
            await ReadPartlyAsync(stream, length, ct);
        }

        _at = 1;
    }

    public byte Byte() => _buffer[_at++];

    public byte Peek() => _buffer[_at];

    public int Short()
    {
        var value = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_at));
        _at += 2;
        return value;
    }

    public uint Int()
    {
        var value = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_at));
        _at += 4;
        return value;
    }

    public ulong Long()
    {
        var value = BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(_at));
        _at += 8;
        return value;
    }

    public string Word()
    {
        var length = _buffer.AsSpan(_at, _length - _at).IndexOf((byte)0);
        var word = Encoding.UTF8.GetString(_buffer, _at, length);
        _at += length + 1;
        return word;
    }

    /// <summary>Reads a row's values into a list that is reused.</summary>
    public void Row(List<LogValue> values)
    {
        values.Clear();
        for (var left = Short(); left > 0; left--)
        {
            var kind = Byte();
            var length = kind is Binary or Text ? (int)Int() : 0;
            values.Add(new LogValue(kind, _at, length));
            _at += length;
        }
    }

    /// <summary>The bytes of a value; valid until the next message.</summary>
    public ReadOnlySpan<byte> Bytes(LogValue value) => _buffer.AsSpan(value.Start, value.Length);

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Only rows are so large: their letter, the table's number, and then one or two rows, each behind a letter of its own.</summary>
    private async ValueTask ReadPartlyAsync(Stream stream, long length, CancellationToken ct)
    {
        var left = length;
        _length = 0;
        await TakeAsync(5);
        while (left > 0)
        {
            await TakeAsync(3);
            for (var columns = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_length - 2)); columns > 0; columns--)
            {
                await TakeAsync(1);
                if (_buffer[_length - 1] is not (Binary or Text)) continue;
                await TakeAsync(4);
                var value = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_length - 4));
                if (_length + (long)value <= largestBytes)
                {
                    await TakeAsync(value);
                    continue;
                }

                _length -= 5;
                _buffer[_length++] = Dropped;
                await SkipAsync(value);
            }
        }

        async ValueTask TakeAsync(int bytes)
        {
            Grow(_length + bytes);
            await stream.ReadExactlyAsync(_buffer.AsMemory(_length, bytes), ct);
            _length += bytes;
            left -= bytes;
        }

        async ValueTask SkipAsync(int bytes)
        {
            Grow(_length + SmallestBuffer);
            left -= bytes;
            while (bytes > 0)
            {
                var read = await stream.ReadAsync(_buffer.AsMemory(_length, Math.Min(bytes, _buffer.Length - _length)), ct);
                if (read == 0) throw new EndOfStreamException();
                bytes -= read;
            }
        }
    }

    /// <summary>Makes room; a buffer grown for one large message is not kept for the small ones behind it.</summary>
    private void Fit(int length)
    {
        if (length <= _buffer.Length && (_buffer.Length <= KeptBuffer || length > KeptBuffer)) return;
        Dispose();
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, SmallestBuffer));
    }

    private void Grow(int needed)
    {
        if (needed <= _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        Dispose();
        _buffer = larger;
    }
}

/// <summary>Where a value stands in its message.</summary>
internal readonly record struct LogValue(byte Kind, int Start, int Length);
