using DataSync.Export.Parquet.Format;

namespace DataSync.Export.Parquet;

/// <summary>One column of one row group on its way from the draft into the file. One a thread; its memory is kept from column to column.</summary>
internal sealed class ColumnEncoder(PageCodec codec)
{
    /// <summary>A value takes this many bytes more in the page than in the draft, at most: a double as text in place of its eight bytes.</summary>
    private const int MostGrowth = 24;

    private readonly PlainPage _page = new();
    private readonly PageWriter _writer = new(codec);

    /// <summary>Encodes a column.</summary>
    /// <param name="draft">Its entries.</param>
    /// <param name="rows">Rows of the row group.</param>
    /// <param name="column">How it is stored: its type fits every entry.</param>
    /// <param name="chunk">Takes the column.</param>
    public void Encode(ReadOnlySpan<byte> draft, int rows, ParquetColumn column, ColumnChunk chunk)
    {
        _page.Begin(rows, checked(draft.Length + (rows * MostGrowth)));
        var entries = new DraftEntries(draft);
        switch (column.Type)
        {
            case ColumnType.Boolean:
                while (entries.Read()) _page.Take(entries.Row, EntryBytes.Boolean(ref entries, _page.Free));
                break;
            case ColumnType.Int64:
                while (entries.Read()) _page.Take(entries.Row, EntryBytes.Int64(ref entries, _page.Free));
                break;
            case ColumnType.Double:
                while (entries.Read()) _page.Take(entries.Row, EntryBytes.Double(ref entries, _page.Free));
                break;
            case ColumnType.Decimal:
                while (entries.Read()) _page.Take(entries.Row, column.IsWide ? EntryBytes.WideDecimal(ref entries, _page.Free) : EntryBytes.Decimal(ref entries, _page.Free));
                break;
            case ColumnType.Text:
                while (entries.Read()) _page.Take(entries.Row, EntryBytes.Text(ref entries, _page.Free));
                break;
            default:
                while (entries.Read()) _page.Take(entries.Row, EntryBytes.Json(ref entries, _page.Free));
                break;
        }

        _writer.Write(_page, column, chunk);
    }
}
