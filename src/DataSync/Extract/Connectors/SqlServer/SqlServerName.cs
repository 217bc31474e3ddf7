using System.Text;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A table's name as a tenant writes it: <c>table</c>, <c>schema.table</c>, or with parts in brackets or double quotes.</summary>
internal static class SqlServerName
{
    public static string Quote(string name) => $"[{name.Replace("]", "]]", StringComparison.Ordinal)}]";

    /// <summary>The parts, unquoted; null where the text is no such name.</summary>
    public static (string? Schema, string Table)? Parse(string text)
    {
        // what stands in brackets becomes what stands in quotes
        var quoted = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var begins = i == 0 || text[i - 1] == '.';
            if (text[i] == '"' && begins) return text.Contains('[', StringComparison.Ordinal) ? null : SqlName.Parse(text);
            if (text[i] != '[' || !begins)
            {
                quoted.Append(text[i]);
                continue;
            }

            quoted.Append('"');
            for (i++; ; i++)
            {
                if (i >= text.Length) return null;
                if (text[i] == ']' && (i + 1 >= text.Length || text[i + 1] != ']')) break;
                if (text[i] == ']') i++;
                quoted.Append(text[i]);
                if (text[i] == '"') quoted.Append('"');
            }

            quoted.Append('"');
        }

        return SqlName.Parse(quoted.ToString());
    }
}
