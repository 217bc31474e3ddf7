using System.Text.Json;
using System.Text.Unicode;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push;

/// <summary>Walks a payload element by element. Each comes as the bytes it was sent as.</summary>
internal sealed class JsonElements(ReadOnlyMemory<byte> payload)
{
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = int.MaxValue });
    private int _at;
    private bool _isArray;
    private bool _hasBegun;
    private bool _hasEnded;

    /// <summary>The next element; false at the end of a payload that is valid to its end.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> element)
    {
        element = default;
        if (_hasEnded) return false;
        try
        {
            var reader = new Utf8JsonReader(payload.Span[_at..], isFinalBlock: true, _state);
            if (!_hasBegun && !Begin(ref reader, out element)) return element.Length > 0;
            if (!reader.Read() || reader.TokenType == JsonTokenType.EndArray)
            {
                End(ref reader);
                return false;
            }

            element = Whole(ref reader);
            return true;
        }
        catch (JsonException broken)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.push.not_json"), broken);
        }
    }

    /// <summary>Steps into an array; a payload that is none is its own only element.</summary>
    private bool Begin(ref Utf8JsonReader reader, out ReadOnlyMemory<byte> only)
    {
        (_hasBegun, only) = (true, default);
        if (!Utf8.IsValid(payload.Span)) throw new JsonException("Not UTF-8.");
        reader.Read();
        _isArray = reader.TokenType == JsonTokenType.StartArray;
        if (_isArray) return true;
        only = Whole(ref reader);
        End(ref reader);
        return false;
    }

    private ReadOnlyMemory<byte> Whole(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var element = payload.Slice(_at + start, (int)reader.BytesConsumed - start);
        _at += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        return element;
    }

    private void End(ref Utf8JsonReader reader)
    {
        while (reader.Read()) { }
        _hasEnded = true;
    }
}
