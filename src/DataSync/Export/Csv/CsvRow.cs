using System.Text.Json;
using DataSync.Export.Records;

namespace DataSync.Export.Csv;

/// <summary>One record taken apart: which bytes of its document stand in which column.</summary>
internal sealed class CsvRow(CsvColumns columns)
{
    private readonly List<Level> _levels = [];
    private CsvCell[] _cells = new CsvCell[64];
    private long _row;

    /// <summary>The cell of a column; of kind <see cref="CsvCellKind.Empty"/> where the record has nothing there.</summary>
    public CsvCell this[int column] => _cells[column].Row == _row ? _cells[column] : default;

    /// <summary>Reads a record. Columns not seen before are added.</summary>
    public void Read(ReadOnlySpan<byte> document)
    {
        _row++;
        _levels.Clear();
        var reader = new Utf8JsonReader(document, isFinalBlock: true, new JsonReaderState(JsonMembers.AnyDepth));
        var field = columns.Root;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var level = _levels[^1];
                    field = columns.Child(level.Field, reader.ValueSpan, reader.ValueIsEscaped, ref level.Next);
                    level.IsEmpty = false;
                    _levels[^1] = level;
                    break;
                case JsonTokenType.StartObject:
                    _levels.Add(new Level { Field = field, Start = (int)reader.TokenStartIndex, IsEmpty = true });
                    break;
                case JsonTokenType.EndObject:
                    var ended = _levels[^1];
                    _levels.RemoveAt(_levels.Count - 1);
                    if (ended.IsEmpty && _levels.Count > 0) Set(ended.Field, CsvCellKind.Literal, ended.Start, (int)reader.BytesConsumed - ended.Start);
                    break;
                case JsonTokenType.StartArray:
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    Set(field, CsvCellKind.Literal, start, (int)reader.BytesConsumed - start);
                    break;
                case JsonTokenType.Null:
                    Set(field, CsvCellKind.Empty, 0, 0);
                    break;
                case JsonTokenType.String:
                    Set(field, reader.ValueIsEscaped ? CsvCellKind.EscapedText : CsvCellKind.Text, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
                    break;
                default:
                    Set(field, CsvCellKind.Literal, (int)reader.TokenStartIndex, reader.ValueSpan.Length);
                    break;
            }
        }
    }

    private void Set(CsvField field, CsvCellKind kind, int start, int length)
    {
        var column = columns.ColumnOf(field);
        for (var occurrence = 2; column < _cells.Length && _cells[column].Row == _row; occurrence++)
        {
            field = columns.Repeat(field, occurrence);
            column = columns.ColumnOf(field);
        }

        if (column >= _cells.Length) Array.Resize(ref _cells, Math.Max(column + 1, _cells.Length * 2));
        _cells[column] = new CsvCell(kind, start, length, _row);
    }

    private struct Level
    {
        public CsvField Field;
        public int Start;
        public int Next;
        public bool IsEmpty;
    }
}

/// <summary>A value's bytes in its document.</summary>
internal readonly record struct CsvCell(CsvCellKind Kind, int Start, int Length, long Row);

/// <summary>How a value becomes a field.</summary>
internal enum CsvCellKind
{
    /// <summary>Null, or nothing there: an empty field.</summary>
    Empty,

    /// <summary>Numbers, booleans, arrays and empty objects: their JSON as it stands.</summary>
    Literal,

    /// <summary>A string whose bytes are its text.</summary>
    Text,

    /// <summary>A string with escapes to take out.</summary>
    EscapedText,
}
