using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Platform.Encryption;

/// <summary>
/// A tenant's data key in the clear, for as long as it is used: disposing it zeroes it. A sealed value is
/// <c>v1 (1 byte) | key id (4, big-endian) | nonce (12) | ciphertext | tag (16)</c>, AES-256-GCM.
/// </summary>
internal sealed class DataKey : IDisposable
{
    public const int Length = 32;
    private const byte FormatVersion = 1;
    private const int HeaderLength = 1 + sizeof(int);
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Overhead = HeaderLength + NonceLength + TagLength;
    private readonly byte[] _key;

    private DataKey(int keyId, byte[] key) => (KeyId, _key) = (keyId, key);

    public int KeyId { get; }

    /// <summary>The key's bytes, for wrapping alone.</summary>
    internal ReadOnlyMemory<byte> Bytes => _key;

    /// <summary>Makes the key from bytes that <paramref name="fill"/> writes. Pinned: the collector leaves no copies behind.</summary>
    public static async ValueTask<DataKey> CreateAsync(int keyId, Func<Memory<byte>, ValueTask> fill)
    {
        var key = new DataKey(keyId, GC.AllocateArray<byte>(Length, pinned: true));
        try
        {
            await fill(key._key);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public static DataKey Random(int keyId)
    {
        var key = new DataKey(keyId, GC.AllocateArray<byte>(Length, pinned: true));
        RandomNumberGenerator.Fill(key._key);
        return key;
    }

    /// <summary>Which key sealed a value; false where the bytes are no sealed value of a format we know.</summary>
    public static bool TryReadKeyId(ReadOnlySpan<byte> sealedValue, out int keyId)
    {
        keyId = 0;
        if (sealedValue.Length < Overhead || sealedValue[0] != FormatVersion) return false;
        keyId = BinaryPrimitives.ReadInt32BigEndian(sealedValue[1..]);
        return true;
    }

    /// <summary>The keys that sealed these values; what is no sealed value has none.</summary>
    public static IReadOnlySet<int> KeyIdsOf(IEnumerable<byte[]?> sealedValues)
    {
        HashSet<int> ids = [];
        foreach (var value in sealedValues)
        {
            if (TryReadKeyId(value, out var id)) ids.Add(id);
        }

        return ids;
    }

    public DataKey Copy()
    {
        var copy = new DataKey(KeyId, GC.AllocateArray<byte>(Length, pinned: true));
        _key.CopyTo(copy._key, 0);
        return copy;
    }

    public byte[] Seal(ReadOnlySpan<byte> plain, SealedPlace place)
    {
        var value = new byte[Overhead + plain.Length];
        value[0] = FormatVersion;
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), KeyId);
        var nonce = value.AsSpan(HeaderLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(nonce, plain, value.AsSpan(HeaderLength + NonceLength, plain.Length), value.AsSpan(value.Length - TagLength), place.AssociatedData(KeyId));
        return value;
    }

    /// <summary>HMAC-SHA256 of a message under a key of this one's that serves one purpose and seals nothing.</summary>
    public byte[] Authenticate(string purpose, ReadOnlySpan<byte> message)
    {
        Span<byte> derived = stackalloc byte[Length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, [], Encoding.UTF8.GetBytes(purpose));
        var hash = HMACSHA256.HashData(derived, message);
        CryptographicOperations.ZeroMemory(derived);
        return hash;
    }

    /// <summary>Opens a value; false where it, its place or the key is not what it was sealed with. The caller zeroes <paramref name="plain"/>.</summary>
    public bool TryOpen(ReadOnlySpan<byte> sealedValue, SealedPlace place, [NotNullWhen(true)] out byte[]? plain)
    {
        plain = null;
        if (!TryReadKeyId(sealedValue, out var keyId) || keyId != KeyId) return false;
        var opened = GC.AllocateUninitializedArray<byte>(sealedValue.Length - Overhead, pinned: true);
        try
        {
            using var aes = new AesGcm(_key, TagLength);
            aes.Decrypt(
                sealedValue.Slice(HeaderLength, NonceLength), sealedValue[(HeaderLength + NonceLength)..^TagLength], sealedValue[^TagLength..],
                opened, place.AssociatedData(keyId));
            plain = opened;
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    public override string ToString() => $"data key {KeyId}";
}
