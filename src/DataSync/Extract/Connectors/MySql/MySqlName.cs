namespace DataSync.Extract.Connectors.MySql;

/// <summary>A table's name as a tenant writes it: <c>table</c>, <c>database.table</c>, or with parts in backticks.</summary>
internal static class MySqlName
{
    public static string Quote(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <summary>The parts, unquoted; null where the text is no such name.</summary>
    public static (string? Schema, string Table)? Parse(string text)
    {
        var parts = new List<string>();
        var rest = text.AsSpan();
        while (true)
        {
            var part = ReadPart(ref rest);
            if (string.IsNullOrEmpty(part) || part.Contains('\0', StringComparison.Ordinal)) return null;
            parts.Add(part);
            if (rest.IsEmpty) break;
            if (rest[0] != '.') return null;
            rest = rest[1..];
        }

        return parts switch
        {
            [var table] => (null, table),
            [var schema, var table] => (schema, table),
            _ => null,
        };
    }

    private static string? ReadPart(ref ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] != '`')
        {
            var dot = rest.IndexOf('.');
            var plain = dot < 0 ? rest : rest[..dot];
            rest = rest[plain.Length..];
            return plain.ToString();
        }

        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] != '`') continue;
            if (i + 1 < rest.Length && rest[i + 1] == '`')
            {
                i++;
                continue;
            }

            var quoted = rest[1..i].ToString().Replace("``", "`", StringComparison.Ordinal);
            rest = rest[(i + 1)..];
            return quoted;
        }

        return null;
    }
}
