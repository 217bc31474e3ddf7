using System.Buffers.Binary;
using System.Buffers.Text;
using DataSync.Export.Columns;
using DataSync.Export.Storage;

namespace DataSync.Export.Parquet;

/// <summary>
/// The columns of the row group that is being filled, and what is known of every column so far. In the draft a row group is its number of rows and of columns,
/// then each column's length, then their entries; numbers are 32-bit little-endian.
/// </summary>
internal sealed class RowGroupDraft(ParquetTypes types) : RowGroup
{
    /// <summary>Rows of a row group at most.</summary>
    public const int MostRows = 122_880;

    private const int MostBytes = 12 * 1024 * 1024;
    private readonly List<ColumnDraft> _drafts = [];
    private int _bytes;

    /// <summary>Whether the row group is large enough to be put aside.</summary>
    public bool IsFull => _bytes >= MostBytes || Rows == MostRows;

    public override ReadOnlySpan<byte> this[int column] => column < _drafts.Count ? _drafts[column].Bytes : default;

    /// <summary>Adds a record that was taken apart.</summary>
    public void Add(RecordRow row, ReadOnlySpan<byte> document)
    {
        var shapes = types.Shapes;
        while (_drafts.Count < shapes.Count) _drafts.Add(new ColumnDraft());

        for (var column = 0; column < _drafts.Count; column++)
        {
            ref readonly var cell = ref row[column];
            if (cell.Kind == RecordCellKind.Empty) continue;
            var draft = _drafts[column];
            var before = draft.Length;
            Add(draft, shapes[column], cell.Kind, document.Slice(cell.Start, cell.Length));
            _bytes += draft.Length - before;
        }

        Rows++;
    }

    /// <summary>Writes the row group into the draft.</summary>
    public async ValueTask WriteToAsync(StagedFile draft, CancellationToken ct)
    {
        WriteNumber(draft, Rows);
        WriteNumber(draft, _drafts.Count);
        foreach (var column in _drafts) WriteNumber(draft, column.Bytes.Length);
        foreach (var column in _drafts)
        {
            draft.Write(column.Bytes);
            await draft.FlushAsync(ct);
        }
    }

    /// <summary>Begins the next row group, keeping the memory.</summary>
    public void Clear()
    {
        foreach (var column in _drafts) column.Clear();
        (Rows, _bytes) = (0, 0);
    }

    private void Add(ColumnDraft draft, ColumnShape shape, RecordCellKind kind, ReadOnlySpan<byte> value)
    {
        if (kind != RecordCellKind.Literal)
        {
            shape.AddText();
            draft.Add(Rows, kind == RecordCellKind.Text ? EntryKind.Text : EntryKind.EscapedText, value);
            return;
        }

        switch (value[0])
        {
            case (byte)'t' or (byte)'f':
                shape.AddBoolean();
                draft.Add(Rows, value[0] == (byte)'t' ? EntryKind.True : EntryKind.False);
                break;
            case (byte)'[' or (byte)'{':
                shape.AddNested();
                draft.Add(Rows, EntryKind.Json, value);
                break;
            default:
                var isInt64 = Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && (number != 0 || value.Length == 1);
                if (!isInt64 && shape.TakesDoubles && NumberText.TryDouble(value, out var real))
                {
                    shape.AddDouble();
                    draft.Add(Rows, real);
                    break;
                }

                shape.AddNumber(value, isInt64);
                if (isInt64) draft.Add(Rows, number);
                else draft.Add(Rows, EntryKind.Number, value);
                break;
        }
    }

    private static void WriteNumber(StagedFile draft, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        draft.Write(bytes);
    }
}
