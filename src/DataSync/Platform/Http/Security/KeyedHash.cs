using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace DataSync.Platform.Http.Security;

/// <summary>HMAC-SHA256 under one key, by any thread. To set a key up takes as long as to hash a kilobyte, so it is kept set up for the next who asks.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Who holds a key lives as long as the cache that holds him; the handle's own finalizer frees it.")]
internal sealed class KeyedHash(byte[] key)
{
    public const int Bytes = 32;

    private IncrementalHash? _idle;

    /// <summary>The hash of the parts, one behind the other.</summary>
    public void Compute(ReadOnlySpan<byte> before, ReadOnlySpan<byte> body, ReadOnlySpan<byte> after, Span<byte> hash)
    {
        var hmac = Interlocked.Exchange(ref _idle, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        if (!before.IsEmpty) hmac.AppendData(before);
        hmac.AppendData(body);
        if (!after.IsEmpty) hmac.AppendData(after);
        hmac.GetHashAndReset(hash);
        if (Interlocked.CompareExchange(ref _idle, hmac, null) is not null) hmac.Dispose();
    }
}
