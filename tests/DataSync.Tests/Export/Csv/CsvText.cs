namespace DataSync.Tests.Export.Csv;

/// <summary>RFC 4180 read by the book, the second oracle beside CsvHelper: keeps apart an empty field (null) and an empty quoted one ("").</summary>
internal static class CsvText
{
    public static List<List<string?>> Parse(string text)
    {
        var rows = new List<List<string?>>();
        for (var at = 0; at < text.Length;)
        {
            var row = new List<string?>();
            rows.Add(row);
            while (true)
            {
                row.Add(Field(text, ref at));
                if (text[at] == ',') at++;
                else break;
            }

            Assert.Equal("\r\n", text.Substring(at, 2));
            at += 2;
        }

        return rows;
    }

    private static string? Field(string text, ref int at)
    {
        var start = at;
        if (text[at] != '"')
        {
            while (text[at] is not (',' or '\r' or '\n' or '"')) at++;
            return at == start ? null : text[start..at];
        }

        while (true)
        {
            at = text.IndexOf('"', at + 1);
            if (text[at + 1] == '"') at++;
            else break;
        }

        return text[(start + 1)..at++].Replace("\"\"", "\"", StringComparison.Ordinal);
    }
}
