using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents;

/// <summary>
/// A JSON document read once: its values and names in the order they stand in, so that what is inside an object is found without reading it again. Takes what JSON
/// allows and nothing else, at any depth. Its memory serves every record.
/// </summary>
/// <param name="withArrays">Whether what is inside arrays is told; else an array is one piece.</param>
/// <param name="topOnly">Whether each value of the document's own members is one piece, so that a tape is as long as these are many.</param>
internal sealed class JsonTape(bool withArrays, bool topOnly = false)
{
    /// <summary>Tokens after which an array or object inside the document is one piece: a large document must not take many times its size.</summary>
    public const int MostTokens = 32_768;

    private JsonToken[] _tokens = new JsonToken[64];
    private (int Token, bool IsObject)[] _open = new (int, bool)[16];
    private int _count, _depth;

    /// <summary>Depth at which everything inside is passed over; 0 where nothing is.</summary>
    private int _passing;

    /// <summary>A token. The document itself is the first; an object's names come each before its value.</summary>
    public ref readonly JsonToken this[int index] => ref _tokens[index];

    /// <summary>Reads a document.</summary>
    /// <param name="json">Ends with it.</param>
    /// <param name="start">Where in it the document begins; tokens are told by their place in all of it.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Read(ReadOnlySpan<byte> json, int start = 0)
    {
        if (_tokens.Length > MostTokens * 4) _tokens = new JsonToken[64];
        (_count, _depth, _passing) = (0, 0, 0);
        var at = JsonScan.SkipSpace(json, start);
        while (true)
        {
            at = JsonScan.SkipSpace(json, Value(json, at));
            while (_depth > 0 && JsonScan.At(json, at) is (byte)'}' or (byte)']') at = JsonScan.SkipSpace(json, Close(json, at));
            if (_depth == 0) break;
            if (JsonScan.At(json, at) != ',') throw JsonScan.Broken();
            at = JsonScan.SkipSpace(json, at + 1);
            if (_open[_depth - 1].IsObject) at = Name(json, at);
        }

        if (at < json.Length) throw JsonScan.Broken();
    }

    /// <summary>Reads a value; of one that has others inside, as far as the first of those that has none.</summary>
    private int Value(ReadOnlySpan<byte> json, int at)
    {
        while (JsonScan.At(json, at) is (byte)'{' or (byte)'[')
        {
            var isObject = json[at] == '{';
            Open(at, isObject);
            at = JsonScan.SkipSpace(json, at + 1);
            if (JsonScan.At(json, at) == (isObject ? '}' : ']')) return Close(json, at);
            if (isObject) at = Name(json, at);
        }

        var end = JsonScan.Scalar(json, at, out var isEscaped);
        Add(at, end, isEscaped);
        return end;
    }

    /// <summary>Reads a member's name and the colon behind it.</summary>
    private int Name(ReadOnlySpan<byte> json, int at)
    {
        if (JsonScan.At(json, at) != '"') throw JsonScan.Broken();
        var end = JsonScan.Text(json, at, out var isEscaped);
        Add(at, end, isEscaped);
        at = JsonScan.SkipSpace(json, end);
        if (JsonScan.At(json, at) != ':') throw JsonScan.Broken();
        return JsonScan.SkipSpace(json, at + 1);
    }

    private void Open(int at, bool isObject)
    {
        if (_depth == _open.Length) Array.Resize(ref _open, _open.Length * 2);
        _open[_depth++] = (_count, isObject);
        Add(at, at, isEscaped: false);
        if (_passing == 0 && (topOnly ? _depth > 1 || !isObject : withArrays ? _count > MostTokens && _depth > 1 : !isObject)) _passing = _depth;
    }

    private int Close(ReadOnlySpan<byte> json, int at)
    {
        var (opened, isObject) = _open[--_depth];
        if (isObject != (json[at] == '}')) throw JsonScan.Broken();
        if (_passing > 0 && _depth >= _passing) return at + 1;
        ref var token = ref _tokens[opened];
        (token.Length, token.Next, token.IsOnePiece) = (at + 1 - token.Start, _count, _passing > 0);
        _passing = 0;
        return at + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(int at, int end, bool isEscaped)
    {
        if (_passing > 0) return;
        var tokens = _tokens;
        var count = _count;
        if ((uint)count >= (uint)tokens.Length) tokens = Grow();
        tokens[count] = new JsonToken { Start = at, Length = end - at, Next = count + 1, IsEscaped = isEscaped };
        _count = count + 1;
    }

    private JsonToken[] Grow()
    {
        Array.Resize(ref _tokens, _tokens.Length * 2);
        return _tokens;
    }
}
