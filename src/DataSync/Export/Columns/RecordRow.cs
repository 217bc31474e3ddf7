using System.Runtime.InteropServices;
using System.Text.Json;
using DataSync.Pipeline.Documents;

namespace DataSync.Export.Columns;

/// <summary>One record taken apart: which bytes of its document stand in which column.</summary>
internal sealed class RecordRow(RecordColumns columns)
{
    private readonly JsonTape _tape = new(withArrays: false);
    private readonly List<Level> _levels = [];
    private RecordCell[] _cells = new RecordCell[64];
    private RecordCell _nothing;
    private long _row;

    /// <summary>The cell of a column; of kind <see cref="RecordCellKind.Empty"/> where the record has nothing there.</summary>
    public ref readonly RecordCell this[int column]
    {
        get
        {
            // other parts of the export may have columns that no record here has had
            if ((uint)column >= (uint)_cells.Length) return ref _nothing;
            ref var cell = ref _cells[column];
            return ref cell.Row == _row ? ref cell : ref _nothing;
        }
    }

    /// <summary>Reads a record. Columns not seen before are added.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Read(ReadOnlySpan<byte> document)
    {
        _row++;
        _levels.Clear();
        _tape.Read(document);
        var own = columns.Added.Count == 0 ? int.MaxValue : Members() - columns.Added.Count;
        var at = Read(document, 0, columns.Root);
        while (_levels.Count > 0)
        {
            ref var level = ref CollectionsMarshal.AsSpan(_levels)[^1];
            if (at == level.End)
            {
                _levels.RemoveAt(_levels.Count - 1);
                continue;
            }

            if (_levels.Count == 1 && level.Members++ >= own)
            {
                at = Read(document, at + 1, columns.Added[level.Members - 1 - own]);
                continue;
            }

            ref readonly var name = ref _tape[at];
            at = Read(document, at + 1, columns.Child(level.Field, document.Slice(name.Start + 1, name.Length - 2), name.IsEscaped, ref level.Next));
        }
    }

    /// <summary>How many members the record has.</summary>
    private int Members()
    {
        var count = 0;
        for (var at = 1; at < _tape[0].Next; at = _tape[at + 1].Next) count++;
        return count;
    }

    /// <summary>Reads a value; of an object, that it begins. Returns the token to go on with.</summary>
    private int Read(ReadOnlySpan<byte> document, int at, RecordField field)
    {
        ref readonly var token = ref _tape[at];
        switch (document[token.Start])
        {
            case (byte)'{' when token.Next > at + 1:
                _levels.Add(new Level { Field = field, End = token.Next });
                return at + 1;
            case (byte)'{' when at == 0:
                break;
            case (byte)'n':
                Set(field, RecordCellKind.Empty, 0, 0);
                break;
            case (byte)'"':
                Set(field, token.IsEscaped ? RecordCellKind.EscapedText : RecordCellKind.Text, token.Start + 1, token.Length - 2);
                break;
            default:
                Set(field, RecordCellKind.Literal, token.Start, token.Length);
                break;
        }

        return token.Next;
    }

    private void Set(RecordField field, RecordCellKind kind, int start, int length)
    {
        var column = columns.ColumnOf(field);
        for (var occurrence = 2; column < _cells.Length && _cells[column].Row == _row; occurrence++)
        {
            field = columns.Repeat(field, occurrence);
            column = columns.ColumnOf(field);
        }

        if (column >= _cells.Length) Array.Resize(ref _cells, Math.Max(column + 1, _cells.Length * 2));
        _cells[column] = new RecordCell(kind, start, length, _row);
    }

    private struct Level
    {
        public RecordField Field;
        public int End;
        public int Next;
        public int Members;
    }
}

/// <summary>A value's bytes in its document.</summary>
internal readonly record struct RecordCell(RecordCellKind Kind, int Start, int Length, long Row);

/// <summary>How a value becomes a field.</summary>
internal enum RecordCellKind
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
