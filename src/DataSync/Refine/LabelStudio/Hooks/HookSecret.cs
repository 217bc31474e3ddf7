using System.Buffers.Text;
using System.Security.Cryptography;

namespace DataSync.Refine.LabelStudio.Hooks;

/// <summary>
/// The random secret of one project's webhook, in a static header: Label Studio signs nothing. It is 32 random bytes, so a plain digest of it is enough to keep, and two
/// digests are compared in a time that tells nothing.
/// </summary>
internal static class HookSecret
{
    public const string Header = "X-DataSync-Secret";
    private const int Length = 43;
    private static readonly byte[] Nobodys = SHA256.HashData(RandomNumberGenerator.GetBytes(32));

    /// <summary>A new secret, and what is kept of it.</summary>
    public static (string Secret, byte[] Digest) Make()
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (secret, Digest(secret));
    }

    /// <summary>True for what may be a secret at all.</summary>
    public static bool IsOne(string shown) => shown.Length == Length && Base64Url.IsValid(shown);

    /// <summary>Compares a shown secret with what was kept; null, where nothing was, takes as long.</summary>
    public static bool Matches(string shown, byte[]? digest) => CryptographicOperations.FixedTimeEquals(Digest(shown), digest ?? Nobodys) && digest is not null;

    private static byte[] Digest(string secret) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret));
}
