using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DataSync.Export.Csv;

/// <summary>
/// Reads rows back as objects, as far as CSV keeps them: a member for each field that is not empty, by its column's name, with its text; lists and empty objects as the JSON they stand there as. A quote that guards a formula is
/// no part of the text.
/// </summary>
internal static class CsvRecords
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        var (buffer, row, line) = (new byte[64 * 1024], new CsvRow(), new ArrayBufferWriter<byte>());
        string[]? names = null;
        for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;)
        {
            for (var i = 0; i < read; i++)
            {
                if (!row.Add(buffer[i])) continue;
                if (names is null)
                {
                    names = [.. Enumerable.Range(0, row.Count).Select(f => Encoding.UTF8.GetString(row.Text(f)))];
                }
                else
                {
                    line.ResetWrittenCount();
                    Write(line, names, row);
                    yield return line.WrittenMemory;
                }

                row.Clear();
            }
        }

        if (!row.IsEmpty) throw new InvalidDataException("The last row has no end.");
    }

    private static void Write(ArrayBufferWriter<byte> line, string[] names, CsvRow row)
    {
        using var json = new Utf8JsonWriter(line, Relaxed);
        json.WriteStartObject();
        for (var i = 0; i < row.Count; i++)
        {
            var text = row.Text(i);
            if (text.IsEmpty && !row.IsQuoted(i)) continue;
            json.WritePropertyName(i < names.Length ? names[i] : "");
            if (text is [(byte)'[' or (byte)'{', ..] && IsJson(text)) json.WriteRawValue(text, skipInputValidation: true);
            else json.WriteStringValue(Encoding.UTF8.GetString(text is [FormulaGuard.Quote, .. var guarded] && FormulaGuard.IsFormula(guarded) ? guarded : text));
        }

        json.WriteEndObject();
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
