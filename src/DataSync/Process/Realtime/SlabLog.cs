using System.Buffers;
using System.Buffers.Binary;

namespace DataSync.Process.Realtime;

/// <summary>Bytes written one after the other into slabs, and read back from the first. A value may go across slabs, so none is left half empty.</summary>
internal sealed class SlabLog(MemoryAccount account) : IDisposable
{
    private readonly List<byte[]> _slabs = [];

    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var at = (int)(Length % SlabPool.SlabBytes);
            if (at == 0 && Length == _slabs.Count * (long)SlabPool.SlabBytes)
            {
                account.Take(SlabPool.SlabBytes);
                _slabs.Add(account.Slabs.Rent());
            }

            var part = Math.Min(bytes.Length, SlabPool.SlabBytes - at);
            bytes[..part].CopyTo(_slabs[^1].AsSpan(at));
            Length += part;
            bytes = bytes[part..];
        }
    }

    public void Write(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    public void Write(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    /// <summary>Returns the slabs; the account gives back their count.</summary>
    public void Dispose()
    {
        foreach (var slab in _slabs) account.Slabs.Return(slab);
        _slabs.Clear();
        Length = 0;
    }

    /// <summary>Reads from the beginning on.</summary>
    internal sealed class Reader(SlabLog log)
    {
        private long _at;

        public bool IsAtEnd => _at >= log.Length;

        public int ReadInt32()
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            Read(bytes);
            return BinaryPrimitives.ReadInt32LittleEndian(bytes);
        }

        public long ReadInt64()
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            Read(bytes);
            return BinaryPrimitives.ReadInt64LittleEndian(bytes);
        }

        /// <summary>Appends the next bytes to a buffer.</summary>
        public void CopyTo(IBufferWriter<byte> target, int count)
        {
            if (count == 0) return;
            Read(target.GetSpan(count)[..count]);
            target.Advance(count);
        }

        private void Read(Span<byte> target)
        {
            while (target.Length > 0)
            {
                var at = (int)(_at % SlabPool.SlabBytes);
                var part = Math.Min(target.Length, SlabPool.SlabBytes - at);
                log._slabs[(int)(_at / SlabPool.SlabBytes)].AsSpan(at, part).CopyTo(target);
                _at += part;
                target = target[part..];
            }
        }
    }
}
