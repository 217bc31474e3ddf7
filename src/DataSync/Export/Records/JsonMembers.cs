using System.Text.Json;

namespace DataSync.Export.Records;

/// <summary>Where the members of one JSON object lie in its document. Reused from record to record.</summary>
internal sealed class JsonMembers
{
    /// <summary>Documents come from databases that allow any depth.</summary>
    public static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly List<JsonMember> _members = [];

    public int Count => _members.Count;

    public JsonMember this[int index] => _members[index];

    /// <summary>Reads the document's own members, not those of objects in it. False where the document is not an object.</summary>
    public bool Read(ReadOnlySpan<byte> document)
    {
        _members.Clear();
        var reader = new Utf8JsonReader(document, isFinalBlock: true, new JsonReaderState(AnyDepth));
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = (Start: (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            _members.Add(new JsonMember(name.Start, name.Length, name.ValueIsEscaped, start, (int)reader.BytesConsumed - start));
        }

        return true;
    }
}

/// <summary>A member: its name without quotes and its value, as ranges of the document.</summary>
internal readonly record struct JsonMember(int NameStart, int NameLength, bool NameIsEscaped, int ValueStart, int ValueLength)
{
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> document) => document.Slice(NameStart, NameLength);

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> document) => document.Slice(ValueStart, ValueLength);

    /// <summary>Name, colon and value as they stand, the name's first quote included.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> document) => document[(NameStart - 1)..(ValueStart + ValueLength)];
}
