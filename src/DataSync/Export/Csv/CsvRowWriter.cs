using System.Text;
using CsvHelper;
using DataSync.Export.Columns;
using DataSync.Export.Records;
using DataSync.Export.Storage;

namespace DataSync.Export.Csv;

/// <summary>Writes lines through CsvHelper, whose UTF-8 fields need no string. Null is an empty field; an empty string is <c>""</c>.</summary>
internal sealed class CsvRowWriter(StagedFile file, CsvOptions options)
{
    private static readonly CsvWriterOptions Rfc4180 = new() { Separator = ',', Quoting = CsvQuoting.WhenNeeded, ValidateFieldCount = false };
    private readonly CsvWriter _csv = CsvWriter.Create(new StagedFileStream(file), Rfc4180, leaveOpen: true);
    private byte[] _text = [];

    /// <summary>Alone on a line, PostgreSQL takes it for the end of the data.</summary>
    private static ReadOnlySpan<byte> EndMark => "\\."u8;

    public void WriteHeader(RecordColumns columns)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            // Readers would take these bytes at the very beginning for a byte order mark.
            if (i == 0 && columns.Name(0).StartsWith(Encoding.UTF8.Preamble)) _csv.WriteField(Encoding.UTF8.GetString(columns.Name(0)).AsSpan(), CsvQuoting.Always);
            else WriteText(columns.Name(i));
        }

        if (columns.Count > 0) _csv.EndRecord();
        else WriteBlank();
        Flush();
    }

    public void WriteRow(RecordRow row, int columns, ReadOnlySpan<byte> document)
    {
        if (columns == 0 || (columns == 1 && row[0].Kind == RecordCellKind.Empty))
        {
            WriteBlank();
            return;
        }

        for (var column = 0; column < columns; column++)
        {
            var cell = row[column];
            var bytes = document.Slice(cell.Start, cell.Length);
            switch (cell.Kind)
            {
                case RecordCellKind.Text:
                    WriteText(bytes);
                    break;
                case RecordCellKind.EscapedText:
                    // behind the guard's place, where it may be needed
                    Reserve(bytes.Length + 1);
                    WriteReserved(JsonText.Unescape(bytes, _text.AsSpan(1)));
                    break;
                default:
                    _csv.WriteField(bytes);
                    break;
            }
        }

        _csv.EndRecord();
    }

    /// <summary>Hands what CsvHelper holds to the file.</summary>
    public void Flush() => _csv.Flush();

    private void WriteText(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            _csv.WriteField(ReadOnlySpan<char>.Empty, CsvQuoting.Always);
        }
        else if (text.SequenceEqual(EndMark))
        {
            WriteEndMark();
        }
        else if (options.GuardsFormulas && FormulaGuard.IsFormula(text))
        {
            Reserve(text.Length + 1);
            text.CopyTo(_text.AsSpan(1));
            WriteReserved(text.Length);
        }
        else
        {
            _csv.WriteField(text);
        }
    }

    private void Reserve(int length)
    {
        if (_text.Length < length) _text = new byte[Math.Max(length, 4096)];
    }

    /// <summary>Writes the text that stands in the reserved bytes from the second on, guarded where it is to be.</summary>
    private void WriteReserved(int length)
    {
        _text[0] = FormulaGuard.Quote;
        var from = options.GuardsFormulas && FormulaGuard.IsFormula(_text.AsSpan(1, length)) ? 0 : 1;
        if (_text.AsSpan(1, length).SequenceEqual(EndMark)) WriteEndMark();
        else _csv.WriteField(_text.AsSpan(from, length + 1 - from));
    }

    /// <summary>Quoted, it is text.</summary>
    private void WriteEndMark() => _csv.WriteField(@"\.".AsSpan(), CsvQuoting.Always);

    /// <summary>A lone null is a blank line, as PostgreSQL writes it. CsvHelper would write <c>""</c>, the same as an empty string.</summary>
    private void WriteBlank()
    {
        Flush();
        file.Write("\r\n"u8);
    }
}
