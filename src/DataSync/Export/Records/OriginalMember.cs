using System.Buffers;

namespace DataSync.Export.Records;

/// <summary>
/// The member <c>_original</c> of refined records. A record's own member of that name makes room by one more underscore, as does one that
/// already has more of them, so no two names ever meet and the way back is plain.
/// </summary>
internal static class OriginalMember
{
    public const string Name = "_original";

    /// <summary>Whether the document may have a member to rename: cheap, and never a wrong no.</summary>
    public static bool MayCollide(ReadOnlySpan<byte> document) => document.IndexOf("_original\""u8) >= 0 || document.IndexOf("\\u"u8) >= 0;

    /// <summary>Whether a name is <c>_original</c> with any number of underscores (at least one) before it.</summary>
    public static bool Collides(ReadOnlySpan<byte> name, bool isEscaped)
    {
        if (!isEscaped) return IsUnderscored(name);
        var rented = ArrayPool<byte>.Shared.Rent(name.Length);
        try
        {
            return IsUnderscored(rented.AsSpan(0, JsonText.Unescape(name, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static bool IsUnderscored(ReadOnlySpan<byte> name)
        => name.EndsWith("_original"u8) && name[..^"_original"u8.Length].IndexOfAnyExcept((byte)'_') < 0;
}
