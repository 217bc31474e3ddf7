using System.Buffers;

namespace DataSync.Export.Records;

/// <summary>
/// The name of the member that shows what refinement changed. It is <c>_original</c>, unless the record has a member of that name itself: then it
/// is the first free of <c>__original</c>, <c>___original</c> and so on, for that record alone. What the record holds is never renamed.
/// </summary>
internal static class OriginalMember
{
    public const string Name = "_original";

    /// <summary>Whether the document may have a member of such a name: cheap, and never a wrong no.</summary>
    public static bool MayCollide(ReadOnlySpan<byte> document) => document.IndexOf("_original\""u8) >= 0 || document.IndexOf("\\u"u8) >= 0;

    /// <summary>How many underscores the free name begins with, given the record's members.</summary>
    public static int Underscores(JsonMembers members, ReadOnlySpan<byte> document)
    {
        var underscores = 1;
        for (var i = 0; i < members.Count; i++)
        {
            if (CountOf(members[i].Name(document), members[i].NameIsEscaped) != underscores) continue;
            underscores++;
            i = -1; // a member before this one may have the longer name
        }

        return underscores;
    }

    /// <summary>The underscores before <c>original</c>; 0 where the name is another.</summary>
    private static int CountOf(ReadOnlySpan<byte> name, bool isEscaped)
    {
        if (!isEscaped) return CountOf(name);
        var rented = ArrayPool<byte>.Shared.Rent(name.Length);
        try
        {
            return CountOf(rented.AsSpan(0, JsonText.Unescape(name, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int CountOf(ReadOnlySpan<byte> name)
        => name.EndsWith("original"u8) && name[..^"original"u8.Length].IndexOfAnyExcept((byte)'_') < 0 ? name.Length - "original"u8.Length : 0;
}
