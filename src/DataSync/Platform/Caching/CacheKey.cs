using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DataSync.Platform.Caching;

/// <summary>
/// Names an entry: the kind, and a hash over tenant, generation and id, each behind its length, so no two entries share a name whatever characters
/// their ids are made of. Short in memory, and Redis shows nobody's ids.
/// </summary>
internal static class CacheKey
{
    public static string Of(string kind, string tenantId, long generation, ReadOnlySpan<char> id)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long)];
        Append(hash, tenantId, number);
        BinaryPrimitives.WriteInt64LittleEndian(number, generation);
        hash.AppendData(number);
        Append(hash, id, number);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return $"datasync:{kind}:{Convert.ToHexStringLower(digest)}";
    }

    /// <summary>UTF-16 as it is: an encoder would make one of two different broken texts.</summary>
    private static void Append(IncrementalHash hash, ReadOnlySpan<char> text, Span<byte> number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(number, text.Length);
        hash.AppendData(number);
        hash.AppendData(MemoryMarshal.AsBytes(text));
    }
}
