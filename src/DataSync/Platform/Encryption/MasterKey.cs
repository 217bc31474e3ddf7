using System.Security.Cryptography;
using System.Text;

namespace DataSync.Platform.Encryption;

/// <summary>A key that wraps the tenants' data keys. Shows its id alone: no text of it holds the key.</summary>
internal sealed class MasterKey
{
    public const int Length = 32;

    public MasterKey(string? id, byte[] key)
    {
        Key = key;
        Id = id ?? Fingerprint(key);
    }

    /// <summary>The operator's name for it, or a fingerprint: what <c>tenant_keys</c> names the wrapping key by.</summary>
    public string Id { get; }

    internal byte[] Key { get; }

    public override string ToString() => Id;

    /// <summary>A name for a key without one. One-way, and useless against a random key.</summary>
    private static string Fingerprint(byte[] key)
        => "k-" + Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes("datasync:master-key-id")).AsSpan(0, 8));
}
