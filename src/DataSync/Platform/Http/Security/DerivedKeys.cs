using System.Security.Cryptography;
using System.Text;

namespace DataSync.Platform.Http.Security;

/// <summary>
/// Keys for what the API signs (cursors, the operator's cookie, hashes of idempotent requests), each derived from the master key for its own purpose,
/// so that all API processes agree without sharing a store. Changing the master key ends what was signed with the old one.
/// </summary>
internal sealed class DerivedKeys
{
    public const int MinBytes = 32;

    private readonly byte[] _master;

    /// <summary>Takes at least 32 secret bytes.</summary>
    public DerivedKeys(byte[] master)
    {
        if (master.Length < MinBytes) throw new ArgumentException($"The master key must have at least {MinBytes} bytes.", nameof(master));
        _master = master;
    }

    /// <summary>32 bytes for one purpose.</summary>
    public byte[] For(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, 32, info: Encoding.UTF8.GetBytes("datasync/http/" + purpose));
}
