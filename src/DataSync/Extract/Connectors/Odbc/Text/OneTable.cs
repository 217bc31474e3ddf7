namespace DataSync.Extract.Connectors.Odbc.Text;

/// <summary>
/// Tells a statement whose rows are those of one table, each once: <c>SELECT … FROM table [alias] [WHERE …]</c> and nothing more. Whoever holds the table's key in its columns may
/// read it piece by piece.
/// </summary>
internal static class OneTable
{
    private static readonly HashSet<string> Ends = new(StringComparer.OrdinalIgnoreCase)
    {
        "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT", "MINUS", "FOR", "LOCK", "PROCEDURE", "WINDOW", "JOIN", "STRAIGHT_JOIN", "PARTITION", "FROM", "USE", "FORCE", "IGNORE", "NATURAL",
        "INNER", "LEFT", "RIGHT", "CROSS", "AS", "OVER",
    };

    /// <summary>The table's name and its schema's, where the statement is such a one. It must have been read by <see cref="SelectText"/>: without comments, one statement.</summary>
    public static (string? Schema, string Table)? Of(string sql, SqlGrammar grammar)
    {
        if (Words(sql, grammar) is not { } words || words.Count == 0 || !Is(words[0], "SELECT")) return null;
        var from = words.FindIndex(w => Is(w, "FROM"));
        if (from < 0 || words.Take(from).Any(w => w.Length > 1 && Ends.Contains(w) && !Is(w, "AS")) || from + 1 >= words.Count || Name(words[from + 1]) is not { } first) return null;
        var (schema, table, at) = ((string?)null, first, from + 2);
        if (At(at) == ".")
        {
            if (Name(At(at + 1)) is not { } second) return null;
            (schema, table, at) = (first, second, at + 2);
        }

        if (Is(At(at), "AS")) at++;
        if (At(at) is { Length: > 0 } alias && !Is(alias, "WHERE"))
        {
            if (Name(alias) is null) return null;
            at++;
        }

        return at == words.Count || (Is(At(at), "WHERE") && !words.Skip(at + 1).Any(Ends.Contains)) ? (schema, table) : null;

        string At(int index) => index < words.Count ? words[index] : "";
    }

    /// <summary>Words, quoted texts and signs outside parentheses; null where a value is kept from one row to the next.</summary>
    private static List<string>? Words(string sql, SqlGrammar grammar)
    {
        var (words, depth) = (new List<string>(), 0);
        for (var at = 0; at < sql.Length;)
        {
            var quoted = SqlTokens.QuotedEnd(sql, at, grammar);
            var end = quoted > at ? quoted : SqlTokens.Word(sql, at) is { Length: > 0 } word ? at + word.Length : at + 1;
            var text = sql[at..end];
            at = end;
            if (text is "@" or ":" || Is(text, "OVER")) return null;
            if (text == ")") depth--;
            if (depth == 0 && !string.IsNullOrWhiteSpace(text)) words.Add(text);
            if (text == "(") depth++;
        }

        return words;
    }

    private static bool Is(string word, string keyword) => word.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>A name as it stands for itself; null for what is none.</summary>
    private static string? Name(string word)
    {
        if (word.Length > 2 && word[0] == '`') return word[1..^1].Replace("``", "`", StringComparison.Ordinal);
        return word.Length > 0 && (char.IsAsciiLetter(word[0]) || word[0] is '_' or > '\x7f') && !Ends.Contains(word) && !Is(word, "WHERE") ? word : null;
    }
}
