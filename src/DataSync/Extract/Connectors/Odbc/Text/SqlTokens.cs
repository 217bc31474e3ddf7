namespace DataSync.Extract.Connectors.Odbc.Text;

/// <summary>Where the comment, quoted text or word at a place of a statement ends; <see cref="Open"/> where its end is missing.</summary>
internal static class SqlTokens
{
    /// <summary>The place given for what is opened and never closed.</summary>
    public const int Open = -1;

    /// <summary>The end of the comment that begins here; the same place where none does.</summary>
    public static int CommentEnd(string sql, int at, SqlGrammar grammar) => (sql[at], Next(sql, at)) switch
    {
        ('-', '-') when !grammar.MySqlComments || at + 2 >= sql.Length || sql[at + 2] <= ' ' => LineEnd(sql, at),
        ('#', _) when grammar.HashComments => LineEnd(sql, at),
        ('/', '*') => BlockEnd(sql, at, grammar.NestedComments),
        _ => at,
    };

    /// <summary>True for <c>/*!</c> and <c>/*M!</c>: what looks like a comment and is run.</summary>
    public static bool IsExecutableComment(string sql, int at)
        => Next(sql, at) == '*' && (Next(sql, at + 1) == '!' || Next(sql, at + 1) is 'M' or 'm' && Next(sql, at + 2) == '!');

    /// <summary>The end of the quoted text that begins here; the same place where none does.</summary>
    public static int QuotedEnd(string sql, int at, SqlGrammar grammar) => sql[at] switch
    {
        '\'' or '"' => Quoted(sql, at, sql[at], grammar.BackslashEscapes),
        '`' when grammar.Backticks => Quoted(sql, at, '`', backslash: false),
        '[' when grammar.Brackets => Quoted(sql, at, ']', backslash: false),
        'e' or 'E' when grammar.EscapeStrings && Next(sql, at) == '\'' => Quoted(sql, at + 1, '\'', backslash: true),
        '$' when grammar.DollarQuotes => DollarQuoted(sql, at),
        _ => at,
    };

    /// <summary>The word that begins here; empty where none does.</summary>
    public static string Word(string sql, int at)
    {
        var end = at;
        while (end < sql.Length && (IsNameStart(sql[end]) || end > at && (char.IsAsciiDigit(sql[end]) || sql[end] == '$'))) end++;
        return sql[at..end];
    }

    /// <summary>The parameter's name at this place: letters, digits and underscores.</summary>
    public static string Name(string sql, int at)
    {
        var end = at;
        while (end < sql.Length && (char.IsAsciiLetter(sql[end]) || sql[end] == '_' || end > at && char.IsAsciiDigit(sql[end]))) end++;
        return sql[at..end];
    }

    public static char Next(string sql, int at) => at + 1 < sql.Length ? sql[at + 1] : '\0';

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c > 127;

    private static int Quoted(string sql, int at, char quote, bool backslash)
    {
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (backslash && sql[i] == '\\') i++;
            else if (sql[i] == quote && Next(sql, i) == quote) i++;
            else if (sql[i] == quote) return i + 1;
        }

        return Open;
    }

    private static int LineEnd(string sql, int at)
    {
        var end = sql.AsSpan(at).IndexOfAny('\n', '\r');
        return end < 0 ? sql.Length : at + end;
    }

    private static int BlockEnd(string sql, int at, bool nested)
    {
        var depth = 1;
        for (var i = at + 2; i < sql.Length; i++)
        {
            if (nested && sql[i] == '/' && Next(sql, i) == '*') (depth, i) = (depth + 1, i + 1);
            else if (sql[i] == '*' && Next(sql, i) == '/') (depth, i) = (depth - 1, i + 1);
            if (depth == 0) return i + 1;
        }

        return Open;
    }

    private static int DollarQuoted(string sql, int at)
    {
        var tag = at + 1 < sql.Length && IsNameStart(sql[at + 1]) ? Word(sql, at + 1) : "";
        var dollar = tag.IndexOf('$', StringComparison.Ordinal);
        if (dollar >= 0) tag = tag[..dollar];
        if (at + tag.Length + 1 >= sql.Length || sql[at + tag.Length + 1] != '$') return at;
        var mark = sql.AsSpan(at, tag.Length + 2);
        var end = sql.AsSpan(at + mark.Length).IndexOf(mark, StringComparison.Ordinal);
        return end < 0 ? Open : at + mark.Length + end + mark.Length;
    }
}
