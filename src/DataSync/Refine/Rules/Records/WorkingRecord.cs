using System.Runtime.InteropServices;
using System.Text.Json;
using DataSync.Pipeline.Documents;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>
/// The record the rules work on: an index of the top-level members over the original's bytes, made when a rule first asks,
/// in arrays that serve every record. Changed values stand elsewhere; the original is never written to.
/// </summary>
internal sealed partial class WorkingRecord
{
    private byte[] _document = [];
    private int _start;
    private int _length;

    /// <summary>Where the document that was given begins in the array.</summary>
    private int _given;
    private bool _isIndexed;
    private bool _isObject;
    private bool _isChanged;
    private readonly JsonTape _tape = new(withArrays: true);
    private RecordMember[] _members = new RecordMember[32];
    private int _count;
    private RecordMember[] _saved = [];
    private int _savedCount;
    private bool _savedChanged;

    /// <summary>Whether it is an object; rules can read others but not change them.</summary>
    public bool IsObject => _isObject;

    /// <summary>The record's document as it was read. There once a member was asked for.</summary>
    public JsonTape Tape => _tape;

    /// <summary>The whole record as data of an expression.</summary>
    public Value Root => _isObject ? Value.Of(this) : Value.OfRaw(_document, _start, _length);

    /// <summary>Takes the next record. Its bytes must stay as they are until the next call.</summary>
    public void Load(ReadOnlyMemory<byte> document)
    {
        var trimmed = document.Span.Trim(" \t\r\n"u8);
        if (trimmed.IsEmpty) throw new JsonException("The record is empty.");
        if (MemoryMarshal.TryGetArray(document, out var segment))
        {
            _document = segment.Array!;
            _given = segment.Offset;
            _start = segment.Offset + document.Span.IndexOfAnyExcept(" \t\r\n"u8);
        }
        else
        {
            _document = trimmed.ToArray();
            _start = 0;
            _given = -document.Span.IndexOfAnyExcept(" \t\r\n"u8);
        }

        _length = trimmed.Length;
        _isObject = trimmed[0] == '{';
        _isIndexed = false;
        _isChanged = false;
        _count = 0;
        if (_isObject) return;
        var reader = RawJson.Reader(trimmed);
        while (reader.Read()) { }
    }

    /// <summary>A top-level member; the last one counts where a name comes twice.</summary>
    public bool TryGet(PathPart part, out Value value)
    {
        var at = IndexOf(part);
        value = at >= 0 ? _members[at].ToValue(_document) : default;
        return at >= 0;
    }

    /// <summary>The value of a token of the tape.</summary>
    public Value Of(int token) => Value.OfRaw(_document, _tape[token].Start, _tape[token].Length, _tape[token].IsOnePiece ? 0 : token);

    /// <summary>The token of a member's value; 0 where the object has no such member. The last one counts where a name comes twice, as in JavaScript.</summary>
    public int Member(int container, PathPart part)
    {
        var (found, end) = (0, _tape[container].Next);
        for (var i = container + 1; i < end; i = _tape[i + 1].Next)
        {
            ref readonly var name = ref _tape[i];
            var bytes = _document.AsSpan(name.Start, name.Length);
            if (name.IsEscaped ? JsonText.Equals(JsonText.Inside(bytes), part.Name) : bytes.SequenceEqual(part.Quoted)) found = i + 1;
        }

        return found;
    }

    /// <summary>Reads the record if nothing has asked for a member yet.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Read()
    {
        if (_isObject) Index();
    }

    /// <summary>Remembers how the record stands, so that a rule that fails half way leaves nothing behind.</summary>
    public void Save()
    {
        if (!_isObject) return;
        Index();
        if (_saved.Length < _count) _saved = new RecordMember[_members.Length];
        Array.Copy(_members, _saved, _count);
        (_savedCount, _savedChanged) = (_count, _isChanged);
    }

    /// <summary>Goes back to what <see cref="Save"/> remembered.</summary>
    public void Restore()
    {
        if (!_isObject) return;
        Array.Copy(_saved, _members, _savedCount);
        (_count, _isChanged) = (_savedCount, _savedChanged);
    }

    private int IndexOf(PathPart part)
    {
        if (!_isObject) return -1;
        Index();
        var key = part.Key;
        var members = _members.AsSpan(0, _count);
        for (var i = members.Length - 1; i >= 0; i--)
        {
            ref readonly var member = ref members[i];
            if ((member.Key == key || member.Key == 0) && member.NameIs(part, _document)) return i;
        }

        return -1;
    }

    private void Index()
    {
        if (_isIndexed) return;
        _tape.Read(_document.AsSpan(0, _start + _length), _start);
        _count = 0;
        var end = _tape[0].Next;
        for (var i = 1; i < end; i = _tape[i + 1].Next) Next().Set(_document, _tape[i], _tape[i + 1], _tape[i + 1].IsOnePiece ? 0 : i + 1, _count - 1);
        _isIndexed = true;
    }

    private ref RecordMember Next()
    {
        if (_count == _members.Length) Array.Resize(ref _members, _members.Length * 2);
        return ref _members[_count++];
    }
}
