using System.Text.Json;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Walks the elements of an array, built or still JSON text.</summary>
internal ref struct ArrayCursor
{
    private readonly Evaluation _evaluation;
    private readonly Value _array;
    private Utf8JsonReader _reader;
    private int _next;

    public ArrayCursor(Evaluation evaluation, in Value array)
    {
        _evaluation = evaluation;
        _array = array;
        if (array.Form != ValueForm.RawArray) return;
        evaluation.ChargeBytes(array.RawLength);
        if (array.RawToken > 0)
        {
            _next = array.RawToken + 1;
            return;
        }

        _reader = RawJson.Reader(array.Raw);
        _reader.Read();
    }

    public bool MoveNext(out Value element)
    {
        _evaluation.Charge();
        if (_array.Form == ValueForm.Items)
        {
            var items = _array.Items;
            element = _next < items.Length ? items[_next] : default;
            return _next++ < items.Length;
        }

        if (_array.RawToken > 0)
        {
            var tape = _evaluation.Record.Tape;
            var isThere = _next < tape[_array.RawToken].Next;
            element = isThere ? _evaluation.Record.Of(_next) : default;
            if (isThere) _next = tape[_next].Next;
            return isThere;
        }

        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndArray)
        {
            element = default;
            return false;
        }

        var first = (int)_reader.TokenStartIndex;
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) _reader.Skip();
        element = Value.OfRaw(_array.RawSource, _array.RawStart + first, (int)_reader.BytesConsumed - first);
        return true;
    }
}
