using System.Text.Json;
using DataSync.Pipeline.Documents;

namespace DataSync.Export.Records;

/// <summary>Where the members of one JSON object lie in its document. Reused from record to record.</summary>
internal sealed class JsonMembers
{
    /// <summary>Documents come from databases that allow any depth.</summary>
    public static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly JsonTape _tape = new(withArrays: false, topOnly: true);
    private readonly List<JsonMember> _members = [];

    public int Count => _members.Count;

    public JsonMember this[int index] => _members[index];

    /// <summary>Reads the document's own members, not those of objects in it. False where the document is not an object.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public bool Read(ReadOnlySpan<byte> document)
    {
        _members.Clear();
        _tape.Read(document);
        if (document[_tape[0].Start] != '{') return false;
        var end = _tape[0].Next;
        for (var i = 1; i < end; i = _tape[i + 1].Next)
        {
            ref readonly var name = ref _tape[i];
            ref readonly var value = ref _tape[i + 1];
            _members.Add(new JsonMember(name.Start + 1, name.Length - 2, name.IsEscaped, value.Start, value.Length));
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
