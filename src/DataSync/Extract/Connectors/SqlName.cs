namespace DataSync.Extract.Connectors;

/// <summary>A table's name as a tenant writes it: <c>table</c>, <c>schema.table</c>, or with parts in double quotes, or in what else a server quotes names with.</summary>
internal static class SqlName
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The parts, unquoted; null where the text is no such name. Parts without quotes are taken as they stand: case counts.</summary>
    public static (string? Schema, string Table)? Parse(string text, char quote = '"')
    {
        var parts = new List<string>();
        var rest = text.AsSpan();
        while (true)
        {
            var part = ReadPart(ref rest, quote);
            if (string.IsNullOrEmpty(part) || part.Contains('\0', StringComparison.Ordinal)) return null;
            parts.Add(part);
            if (rest.IsEmpty) break;
            if (rest[0] != '.') return null;
            rest = rest[1..];
        }

        return parts.Count switch
        {
            1 => (null, parts[0]),
            2 => (parts[0], parts[1]),
            _ => null,
        };
    }

    private static string? ReadPart(ref ReadOnlySpan<char> rest, char quote)
    {
        if (rest.IsEmpty || rest[0] != quote)
        {
            var dot = rest.IndexOf('.');
            var plain = dot < 0 ? rest : rest[..dot];
            rest = rest[plain.Length..];
            return plain.ToString();
        }

        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] != quote) continue;
            if (i + 1 < rest.Length && rest[i + 1] == quote)
            {
                i++;
                continue;
            }

            var quoted = rest[1..i].ToString().Replace($"{quote}{quote}", $"{quote}", StringComparison.Ordinal);
            rest = rest[(i + 1)..];
            return quoted;
        }

        return null;
    }
}
