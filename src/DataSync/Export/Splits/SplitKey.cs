using System.Text;
using System.Text.Json;
using DataSync.Export.Records;

namespace DataSync.Export.Splits;

/// <summary>Finds the value of a record that decides on which side of a split it is.</summary>
internal sealed class SplitKey
{
    private readonly AddedMember? _added, _passedBy;
    private readonly byte[][] _names;
    private byte[] _text = [];

    /// <summary>A key.</summary>
    /// <param name="path">Names with <c>.</c> between them; a <c>.</c> or <c>\</c> within a name is written <c>\.</c> and <c>\\</c>.</param>
    /// <param name="added">What the export adds: a path that begins with the name of such a member means that one.</param>
    public SplitKey(string path, IReadOnlyList<AddedMember> added)
    {
        (_added, _passedBy) = (AddedMember.MeantBy(path, added), AddedMember.PassedBy(path, added));
        _names = [.. NamesOf(path).Skip(_added is null ? 0 : 1).Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The value: text without its escapes, anything else as it stands; empty where there is none or null, and for a record that is no object. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: true, new JsonReaderState(JsonMembers.AnyDepth));
        reader.Read();
        if (_added is not null && (reader.TokenType != JsonTokenType.StartObject || !Enter(ref reader, _added))) return default;
        for (var i = 0; i < _names.Length; i++)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !Enter(ref reader, _names[i], i == 0 ? _passedBy : null)) return default;
        }

        if (reader.TokenType == JsonTokenType.Null) return default;
        if (reader.TokenType == JsonTokenType.String) return reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : reader.ValueSpan;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return document[start..(int)reader.BytesConsumed];
    }

    /// <summary>Goes to the value of the first member of this name.</summary>
    /// <param name="reader">At the object's beginning.</param>
    /// <param name="name">The name.</param>
    /// <param name="passedBy">The member of that name that the export adds, which is not meant: one that is has it behind it.</param>
    private bool Enter(ref Utf8JsonReader reader, byte[] name, AddedMember? passedBy)
    {
        var isThere = false;
        var first = reader;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (isThere && passedBy!.MayBe(reader.ValueSpan))
            {
                reader = first;
                return true;
            }

            var isIt = !isThere && (reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : reader.ValueSpan).SequenceEqual(name);
            reader.Read();
            if (isIt && passedBy is null) return true;
            if (isIt) first = reader;
            isThere |= isIt;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Goes to the value of an added member: the last that may be called so.</summary>
    private static bool Enter(ref Utf8JsonReader reader, AddedMember added)
    {
        var isThere = false;
        var last = reader;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var mayBeIt = added.MayBe(reader.ValueSpan);
            reader.Read();
            if (mayBeIt) last = reader;
            isThere |= mayBeIt;
            reader.Skip();
        }

        reader = last;
        return isThere;
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> escaped)
    {
        if (_text.Length < escaped.Length) _text = new byte[Math.Max(escaped.Length, 256)];
        return _text.AsSpan(0, JsonText.Unescape(escaped, _text));
    }

    private static List<string> NamesOf(string path)
    {
        List<string> names = [];
        var name = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length)
            {
                name.Append(path[++i]);
            }
            else if (path[i] == '.')
            {
                names.Add(name.ToString());
                name.Clear();
            }
            else
            {
                name.Append(path[i]);
            }
        }

        names.Add(name.ToString());
        return names;
    }
}
