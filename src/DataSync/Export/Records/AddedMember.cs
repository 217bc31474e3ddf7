using System.Buffers;
using System.Text;

namespace DataSync.Export.Records;

/// <summary>
/// The name of a member that an export adds to a record. It begins with one underscore, unless the record has a member of that name itself: then it is
/// the first free of <c>__name</c>, <c>___name</c> and so on, for that record alone. What the record holds is never renamed.
/// </summary>
internal sealed class AddedMember
{
    /// <summary>What refinement changed or removed, as it was.</summary>
    public static readonly AddedMember Original = new("original");

    /// <summary>What refinement says about the record, such as its tags.</summary>
    public static readonly AddedMember Metadata = new("metadata");

    /// <summary>What an enricher made of the record.</summary>
    public static AddedMember Of(string kind) => new(kind);

    private readonly byte[] _word;
    private readonly byte[] _ending;

    private AddedMember(string word)
    {
        (Name, _word, _ending) = ("_" + word, Encoding.UTF8.GetBytes(word), Encoding.UTF8.GetBytes($"_{word}\""));
    }

    /// <summary>The name where no record has it already.</summary>
    public string Name { get; }

    /// <summary>The name without its underscores.</summary>
    public ReadOnlySpan<byte> Word => _word;

    /// <summary>The added member that a path begins with, as columns are named: <c>_ai.values</c> means what was added, <c>\_ai.values</c> the record's own. Null where it is the record's own.</summary>
    public static AddedMember? MeantBy(string path, IReadOnlyList<AddedMember> added)
    {
        foreach (var member in added)
        {
            if (path.StartsWith(member.Name, StringComparison.Ordinal) && (path.Length == member.Name.Length || path[member.Name.Length] == '.')) return member;
        }

        return null;
    }

    /// <summary>The added member whose name a path begins with behind a <c>\</c>: it means the record's own of that name, which stands before the added one. Null where it begins otherwise.</summary>
    public static AddedMember? PassedBy(string path, IReadOnlyList<AddedMember> added) => path.StartsWith('\\') ? MeantBy(path[1..], added) : null;

    /// <summary>Whether a member's name is one that this may have. Added members are a record's last, so the last member of such a name is this one.</summary>
    public bool MayBe(ReadOnlySpan<byte> name) => CountOf(name) > 0;

    /// <summary>Whether the document may have a member of such a name: cheap, and never a wrong no.</summary>
    public bool MayCollide(ReadOnlySpan<byte> document) => document.IndexOf(_ending) >= 0 || document.IndexOf("\\u"u8) >= 0;

    /// <summary>How many underscores the free name begins with, given the record's members.</summary>
    public int Underscores(JsonMembers members, ReadOnlySpan<byte> document)
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

    /// <summary>The underscores before the word; 0 where the name is another.</summary>
    private int CountOf(ReadOnlySpan<byte> name, bool isEscaped)
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

    private int CountOf(ReadOnlySpan<byte> name)
        => name.EndsWith(_word) && name[..^_word.Length].IndexOfAnyExcept((byte)'_') < 0 ? name.Length - _word.Length : 0;
}
