using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>
/// A body that must keep coming: within each stretch of waiting, some bytes must arrive, or it counts as stalled. Time in which nobody reads does not count.
/// Whatever goes wrong beneath becomes a failure with a name.
/// </summary>
internal sealed class PacedStream(Stream inner, Uri url, TimeSpan stretch, TimeProvider time) : Stream
{
    /// <summary>Bytes of a stretch at least: a byte a second is no transfer.</summary>
    private const int LeastBytes = 1024;

    private TimeSpan _waited;
    private long _arrived;
    private ReadOnlyMemory<byte> _peeked;

    /// <summary>Bytes read so far, decompressed.</summary>
    public long Total { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_peeked.Length > 0)
        {
            var taken = Math.Min(_peeked.Length, buffer.Length);
            _peeked[..taken].CopyTo(buffer);
            _peeked = _peeked[taken..];
            return taken;
        }

        // a read is not cut off at the end of a stretch in which enough has come: it may be what the next one begins with
        var hasEnough = _arrived >= LeastBytes;
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(hasEnough ? stretch + stretch - _waited : stretch - _waited, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var count = await inner.ReadAsync(buffer, both.Token);
            Total += count;
            if (count > 0) Judge(count, _waited + time.GetElapsedTime(began), hasEnough);
            return count;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooSlow(e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ApiErrors.Map(e, url);
        }
    }

    /// <summary>Up to so many bytes of the beginning, which are still read afterwards.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int most, CancellationToken ct)
    {
        var head = new byte[most];
        var length = await this.ReadAtLeastAsync(head, most, throwOnEndOfStream: false, ct);
        return _peeked = head.AsMemory(0, length);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only read asynchronously.");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private void Judge(int count, TimeSpan waited, bool hadEnough)
    {
        (_waited, _arrived) = (waited, _arrived + count);
        if (waited < stretch) return;
        if (_arrived < LeastBytes) throw TooSlow(null);
        (_waited, _arrived) = hadEnough && waited - stretch < stretch ? (waited - stretch, count) : (TimeSpan.Zero, 0);
    }

    private SyncFailureException TooSlow(Exception? inner)
        => new(SyncFailure.Transient("errors.api.too_slow", ("host", url.IdnHost), ("seconds", Math.Round(stretch.TotalSeconds, 1))), inner);
}
