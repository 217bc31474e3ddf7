using System.Text;

namespace DataSync.Faults.Books;

/// <summary>Reads CSV as RFC 4180 has it, by a reader of the rig's own: fields may hold commas, quotes and line ends.</summary>
internal static class CsvText
{
    /// <summary>The lines, each as its fields, the header among them.</summary>
    public static IEnumerable<string[]> Read(string text)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        for (var (at, quoted) = (0, false); at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"' when quoted && at + 1 < text.Length && text[at + 1] == '"':
                    field.Append(text[at++]);
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case ',' when !quoted:
                    End();
                    break;
                case '\r' when !quoted && at + 1 < text.Length && text[at + 1] == '\n':
                    End();
                    yield return [.. fields];
                    fields.Clear();
                    at++;
                    break;
                default:
                    field.Append(text[at]);
                    break;
            }
        }

        if (field.Length > 0 || fields.Count > 0) yield return [.. fields, field.ToString()];

        void End()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
