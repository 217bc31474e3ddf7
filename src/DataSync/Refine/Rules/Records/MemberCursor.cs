using System.Text.Json;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Walks the members of an object that is JSON text. Positions are those in the array that holds the text.</summary>
internal ref struct MemberCursor
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly int _offset;
    private Utf8JsonReader _reader;

    public MemberCursor(in Value container)
        : this(container.RawSource, container.RawStart, container.RawLength) { }

    public MemberCursor(byte[] source, int start, int length)
    {
        _json = source.AsSpan(start, length);
        _offset = start;
        _reader = RawJson.Reader(_json);
        _reader.Read();
    }

    /// <summary>Of the name's opening quote.</summary>
    public int NameStart { get; private set; }

    /// <summary>With both quotes.</summary>
    public int NameLength { get; private set; }

    public bool NameIsEscaped { get; private set; }

    public int ValueStart { get; private set; }

    public int ValueLength { get; private set; }

    public readonly ReadOnlySpan<byte> Name => _json.Slice(NameStart - _offset, NameLength);

    public bool MoveNext()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName)
        {
            // Reads to the end, so that a text that is cut off or goes on is found out.
            while (_reader.Read()) { }
            return false;
        }

        NameStart = (int)_reader.TokenStartIndex + _offset;
        NameLength = _reader.ValueSpan.Length + 2;
        NameIsEscaped = _reader.ValueIsEscaped;
        _reader.Read();
        var first = (int)_reader.TokenStartIndex;
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) _reader.Skip();
        ValueStart = first + _offset;
        ValueLength = (int)_reader.BytesConsumed - first;
        return true;
    }

    public readonly bool NameIs(PathPart part)
        => NameIsEscaped ? JsonText.Equals(JsonText.Inside(Name), part.Name) : Name.SequenceEqual(part.Quoted);
}
