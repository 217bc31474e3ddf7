using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// One message of the log, in one reused buffer. A value larger than a record may hold is passed over and marked; it is never held. Nothing is read behind the message, where the buffer holds what others left.
/// A message that is none fails with <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class LogMessage(int largestBytes) : IDisposable
{
    /// <summary>Kinds of values in a row: as the protocol calls them, and one of ours.</summary>
    public const byte Null = (byte)'n', Unchanged = (byte)'u', Binary = (byte)'b', Text = (byte)'t', Dropped = (byte)'x';

    private const int SmallestBuffer = 64 * 1024, KeptBuffer = 1024 * 1024;

    /// <summary>What stands before the values of two rows takes less: a table has 1,600 columns at most.</summary>
    private const int MostHeads = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
    private int _at, _length;

    /// <summary>The message's letter.</summary>
    public char Kind => (char)_buffer[0];

    public bool IsAtEnd => _at >= _length;

    /// <summary>Takes a message off the wire; reading begins behind its letter.</summary>
    public async ValueTask ReadAsync(Stream stream, CancellationToken ct)
    {
        var length = stream.Length;
        if (length < 1) throw Broken();
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

    public byte Byte() => _buffer[Pass(1)];

    public byte Peek() => IsAtEnd ? throw Broken() : _buffer[_at];

    public int Short() => BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(Pass(sizeof(short))));

    public uint Int() => BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(Pass(sizeof(uint))));

    public ulong Long() => BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(Pass(sizeof(ulong))));

    public string Word()
    {
        var length = _buffer.AsSpan(_at, _length - _at).IndexOf((byte)0);
        if (length < 0) throw Broken();
        var word = Encoding.UTF8.GetString(_buffer, _at, length);
        _at += length + 1;
        return word;
    }

    /// <summary>Reads a row's values into a list that is reused.</summary>
    /// <param name="values">The list.</param>
    /// <param name="columns">How many there are, by the table's description.</param>
    public void Row(List<LogValue> values, int columns)
    {
        values.Clear();
        if (Short() != columns) throw Broken();
        for (var left = columns; left > 0; left--)
        {
            var kind = Byte();
            var length = kind is Binary or Text ? (int)Int() : 0;
            values.Add(new LogValue(kind, Pass(length), length));
        }
    }

    /// <summary>The bytes of a value; valid until the next message.</summary>
    public ReadOnlySpan<byte> Bytes(LogValue value) => _buffer.AsSpan(value.Start, value.Length);

    /// <summary>What is no message of the log.</summary>
    public static InvalidDataException Broken() => new("No message of the log.");

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Goes on behind so many bytes, which must be there; returns where they begin.</summary>
    private int Pass(int bytes)
    {
        if (bytes < 0 || bytes > _length - _at) throw Broken();
        _at += bytes;
        return _at - bytes;
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
            if (bytes < 0 || bytes > left || _length + (long)bytes > (long)largestBytes + MostHeads) throw Broken();
            Grow(_length + bytes);
            await stream.ReadExactlyAsync(_buffer.AsMemory(_length, bytes), ct);
            _length += bytes;
            left -= bytes;
        }

        async ValueTask SkipAsync(int bytes)
        {
            if (bytes > left) throw Broken();
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
