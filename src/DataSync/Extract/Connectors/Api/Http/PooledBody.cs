using System.Buffers;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>A whole body in rented memory, no larger than a bound.</summary>
internal sealed class PooledBody : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _length;

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <summary>Reads to the end; what is larger than the bound fails with <c>errors.api.page_too_large</c> as soon as that shows.</summary>
    public static async Task<PooledBody> ReadAsync(Stream stream, int largest, Uri url, CancellationToken ct)
    {
        var body = new PooledBody();
        try
        {
            while (true)
            {
                if (body._length == body._bytes.Length) body.Grow();
                var count = await stream.ReadAsync(body._bytes.AsMemory(body._length), ct);
                if (count == 0) return body;
                body._length += count;
                if (body._length > largest) throw TooLarge(url, largest);
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var bytes = _bytes;
        (_bytes, _length) = ([], 0);
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private static SyncFailureException TooLarge(Uri url, int largest)
        => new(SyncFailure.Permanent("errors.api.page_too_large", ("host", url.IdnHost), ("megabytes", Math.Max(1, largest / (1024 * 1024)))));

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
