using System.Security.Cryptography;
using System.Text;

namespace DataSync.Platform.Http.Security;

/// <summary>
/// Keys for what the API signs (cursors, the operator's cookie, hashes of idempotent requests), each derived from the master keys for its own purpose,
/// so that all API processes agree without sharing a store. As with sealed credentials, the first key signs and all are accepted: rotation ends nothing.
/// </summary>
internal sealed class DerivedKeys
{
    public const int MinBytes = 32;

    private readonly IReadOnlyList<byte[]> _masters;

    /// <summary>Takes one key or more of at least 32 secret bytes, the current one first.</summary>
    public DerivedKeys(IReadOnlyList<byte[]> masters)
    {
        if (masters.Count == 0 || masters.Any(m => m.Length < MinBytes)) throw new ArgumentException($"Master keys must have at least {MinBytes} bytes.", nameof(masters));
        _masters = masters;
    }

    /// <summary>32 bytes of each master key for one purpose, the current one first.</summary>
    public IReadOnlyList<byte[]> For(string purpose)
        => [.. _masters.Select(m => HKDF.DeriveKey(HashAlgorithmName.SHA256, m, 32, info: Encoding.UTF8.GetBytes("datasync/http/" + purpose)))];
}
