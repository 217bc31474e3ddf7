using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace DataSync.Refine.Rules.Records;

/// <summary>The first eight bytes of a member's name, its opening quote among them, as a number: names whose keys are not equal are not equal.</summary>
internal static class NameKey
{
    /// <summary>The key of a name without escapes. It is never 0.</summary>
    /// <param name="source">Holds the name.</param>
    /// <param name="start">Its opening quote.</param>
    /// <param name="length">Its bytes, quotes included.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(byte[] source, int start, int length)
    {
        if (source.Length - start < sizeof(ulong)) return OfLast(source, start, length);
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(source.AsSpan(start));
        return length >= sizeof(ulong) ? bytes : bytes & ((1UL << (length * 8)) - 1);
    }

    /// <summary>The same where fewer than eight bytes are left.</summary>
    private static ulong OfLast(byte[] source, int start, int length)
    {
        var key = 0UL;
        for (var i = length - 1; i >= 0; i--) key = (key << 8) | source[start + i];
        return key;
    }
}
