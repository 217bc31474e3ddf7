using System.Buffers.Binary;

namespace DataSync.Extract.Connectors.SqlServer.Relay;

/// <summary>How TLS is agreed on within TDS 7: until it is, each of its messages travels in a packet; from then on TLS is what travels.</summary>
internal sealed class HandshakeStream(Stream inner) : Stream
{
    private const int LargestPart = 4096 - TdsPackets.HeaderBytes;
    private readonly byte[] _header = new byte[TdsPackets.HeaderBytes];
    private int _left;
    private bool _isAgreed;

    /// <summary>Says that TLS is agreed on.</summary>
    public void Agreed() => _isAgreed = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 && _isAgreed) return await inner.ReadAsync(buffer, cancellationToken);
        while (_left == 0)
        {
            if (await inner.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken) < _header.Length) return 0;
            _left = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)) - TdsPackets.HeaderBytes;
            if (_header[0] != TdsPackets.Prelogin || _left < 0) throw new InvalidDataException("No packet of a handshake.");
        }

        var read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= read;
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isAgreed)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        for (byte number = 1; !buffer.IsEmpty; number++)
        {
            var part = buffer[..Math.Min(buffer.Length, LargestPart)];
            buffer = buffer[part.Length..];
            await inner.WriteAsync((byte[])[.. TdsPackets.Header(TdsPackets.Prelogin, part.Length, buffer.IsEmpty, number), .. part.Span], cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
