using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DataSync.Extract.Incremental;

/// <summary>
/// Keyed hashes of records: who reads them without the key cannot tell what the records were. A state whose hashes an older key made is compared by that key for as long
/// as it is accepted, and written anew by the current one.
/// </summary>
internal sealed class RecordHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Bytes = 16;

    private readonly byte[] _key;

    private RecordHash(byte[] key) => (_key, Id) = (key, Convert.ToHexStringLower(HMACSHA256.HashData(key, "record hashes"u8).AsSpan(0, 8)));

    /// <summary>Names the key, and tells nothing of it.</summary>
    public string Id { get; }

    /// <summary>The current key's.</summary>
    public static RecordHash Current(IReadOnlyList<byte[]> keys) => new(keys[0]);

    /// <summary>That of the key of this name; null where it is not accepted any more.</summary>
    public static RecordHash? Of(IReadOnlyList<byte[]> keys, string? id) => keys.Select(k => new RecordHash(k)).FirstOrDefault(h => h.Id == id);

    public UInt128 Compute(ReadOnlySpan<byte> document)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(_key, document, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
