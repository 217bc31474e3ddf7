namespace DataSync.Platform.Encryption;

/// <summary>
/// Tells a key that a generator made from one that a person made: all zero, one byte repeated, counting up, a pass phrase, the key of an example.
/// A random key of 32 bytes fails each of these checks less often than once in 10^10.
/// </summary>
internal static class KeyStrength
{
    private const int DistinctBytesAtLeast = 16;

    public static bool IsRandom(ReadOnlySpan<byte> key)
    {
        Span<bool> seen = stackalloc bool[256];
        seen.Clear();
        var distinct = 0;
        var readable = true;
        var steady = true;
        for (var i = 0; i < key.Length; i++)
        {
            if (!seen[key[i]]) distinct++;
            seen[key[i]] = true;
            readable &= key[i] is >= 0x20 and < 0x7f or (byte)'\n' or (byte)'\r' or (byte)'\t';
            if (i > 1) steady &= (byte)(key[i] - key[i - 1]) == (byte)(key[1] - key[0]);
        }

        return distinct >= DistinctBytesAtLeast && !readable && !steady;
    }
}
