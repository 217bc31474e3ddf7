using DataSync.Export.Columns;
using DataSync.Export.Storage;

namespace DataSync.Export.Csv;

/// <summary>The second pass over rows that were written before all columns were known: behind the full header, commas behind the rows that lack columns.</summary>
internal static class CsvCompletion
{
    public static async Task WriteAsync(
        StagedFile rows, long rowsStart, RecordColumns columns, List<(long Row, int Columns)> widths, StagedFile output, CancellationToken ct)
    {
        var padding = new Padding(columns.Count, widths, output);
        await foreach (var part in rows.ReadBackAsync(rowsStart, ct))
        {
            padding.Copy(part.Span);
            await output.FlushAsync(ct);
        }
    }

    /// <summary>Copies rows and knows where they end: at a CR outside quotes. A doubled quote leaves the quotes and enters them again.</summary>
    private sealed class Padding(int columns, List<(long Row, int Columns)> widths, StagedFile output)
    {
        private bool _quoted;
        private long _row;
        private int _width;

        public void Copy(ReadOnlySpan<byte> part)
        {
            while (true)
            {
                var at = _quoted ? part.IndexOf((byte)'"') : part.IndexOfAny((byte)'"', (byte)'\r');
                if (at < 0) break;
                output.Write(part[..at]);
                if (part[at] == (byte)'"') _quoted = !_quoted;
                else Pad();
                output.Write(part.Slice(at, 1));
                part = part[(at + 1)..];
            }

            output.Write(part);
        }

        private void Pad()
        {
            while (_width + 1 < widths.Count && widths[_width + 1].Row <= _row) _width++;
            var missing = columns - Math.Max(widths[_width].Columns, 1);
            for (; missing > 0; missing--) output.Write(","u8);
            _row++;
        }
    }
}
