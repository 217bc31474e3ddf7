using System.Text;

namespace DataSync.Dev.Demo;

/// <summary>
/// Reads RFC 4180 with nothing but its grammar: the demo checks the export with other code than made it. An unquoted empty field is null.
/// </summary>
static class CsvRecords
{
    public static IEnumerable<List<KeyValuePair<string, string?>>> Read(TextReader reader)
    {
        if (ReadLine(reader) is not { } header) yield break;
        while (ReadLine(reader) is { } fields)
        {
            if (fields.Count != header.Count) throw new InvalidDataException($"A line has {fields.Count} fields, the header {header.Count}.");
            yield return [.. header.Zip(fields, (name, value) => KeyValuePair.Create(name ?? "", value))];
        }
    }

    static List<string?>? ReadLine(TextReader reader)
    {
        if (reader.Peek() < 0) return null;
        var fields = new List<string?>();
        while (true)
        {
            fields.Add(reader.Peek() == '"' ? ReadQuoted(reader) : ReadPlain(reader));
            switch (reader.Read())
            {
                case ',': continue;
                case '\r' when reader.Peek() == '\n':
                    _ = reader.Read();
                    return fields;
                case '\n' or -1: return fields;
                default: throw new InvalidDataException("Text follows a closing quote.");
            }
        }
    }

    static string? ReadPlain(TextReader reader)
    {
        var text = new StringBuilder();
        while (reader.Peek() is >= 0 and not (',' or '\r' or '\n')) text.Append((char)reader.Read());
        return text.Length == 0 ? null : text.ToString();
    }

    static string ReadQuoted(TextReader reader)
    {
        var text = new StringBuilder();
        _ = reader.Read();
        while (true)
        {
            var next = reader.Read();
            if (next < 0) throw new InvalidDataException("A quoted field does not end.");
            if (next != '"') text.Append((char)next);
            else if (reader.Peek() != '"') return text.ToString();
            else text.Append((char)reader.Read());
        }
    }
}
