using System.Runtime.CompilerServices;
using DataSync.Pipeline.Documents;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>
/// A top-level member of the record as it stands now: where its name and its value are written. A source that is null is the record's document, so that
/// indexing one stores no references.
/// </summary>
internal struct RecordMember
{
    private byte[]? _nameSource, _valueSource;
    private int _nameStart, _nameLength, _valueStart, _valueLength;

    /// <summary>Where the value stands on the record's tape; 0 where a rule wrote it.</summary>
    private int _token;

    /// <summary>The name's <see cref="NameKey"/>; 0 where it has escapes.</summary>
    public ulong Key { get; private set; }

    /// <summary>Its ordinal in the original where both are untouched, else -1.</summary>
    public int Origin { get; private set; }

    /// <summary>Makes it a member of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(byte[] document, JsonToken name, JsonToken value, int token, int origin)
    {
        (_nameSource, _valueSource) = (null, null);
        (_nameStart, _nameLength, _valueStart, _valueLength) = (name.Start, name.Length, value.Start, value.Length);
        (Key, _token, Origin) = (name.IsEscaped ? 0 : NameKey.Of(document, name.Start, name.Length), token, origin);
    }

    /// <summary>Gives it another name.</summary>
    public void SetName(PathPart name)
    {
        (_nameSource, _nameStart, _nameLength) = (name.Quoted, 0, name.Quoted.Length);
        (Key, Origin) = (name.IsEscaped ? 0 : name.Key, -1);
    }

    /// <summary>Gives it another value.</summary>
    public void SetValue(JsonSlice value)
    {
        (_valueSource, _valueStart, _valueLength) = (value.Source, value.Start, value.Length);
        (_token, Origin) = (0, -1);
    }

    public readonly ReadOnlySpan<byte> Name(byte[] document) => (_nameSource ?? document).AsSpan(_nameStart, _nameLength);

    public readonly ReadOnlySpan<byte> Value(byte[] document) => (_valueSource ?? document).AsSpan(_valueStart, _valueLength);

    public readonly Value ToValue(byte[] document) => Logic.Value.OfRaw(_valueSource ?? document, _valueStart, _valueLength, _token);

    public readonly bool NameIs(PathPart part, byte[] document)
    {
        if (Key == 0) return JsonText.Equals(JsonText.Inside(Name(document)), part.Name);
        return Key == part.Key && _nameLength == part.Quoted.Length && (_nameLength <= sizeof(ulong) || Name(document).SequenceEqual(part.Quoted));
    }

    /// <summary>Where the document has it from its name to the end of another member, both untouched.</summary>
    public readonly (int Start, int Length) Through(RecordMember last) => (_nameStart, last._valueStart + last._valueLength - _nameStart);
}
