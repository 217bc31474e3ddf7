using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>A digest of a page's records as they pass, in their order. What stands around them (a clock, a request's id) does not count, and a body that streams is held nowhere.</summary>
internal sealed class PageDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Takes in one record; its length first, so that no two pages run into the same bytes.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        _hash.AppendData(length);
        _hash.AppendData(record);
    }

    /// <summary>The digest of what was taken in since the last one.</summary>
    public UInt128 Take()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    public void Dispose() => _hash.Dispose();
}
