using System.Text;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Finds <c>@name</c> in a statement and puts the server's own <c>$n</c> in its place, so that values travel beside the text. It knows what is
/// no parameter: strings, quoted names, comments, dollar quotes, and operators such as <c>@&gt;</c>, <c>&lt;@</c> and <c>@@</c>. A semicolon that only
/// comments follow is left out with them: many end a statement so, and within parentheses it would be an error.
/// </summary>
internal static class NamedParameters
{
    private const string OperatorCharacters = "+-*/<>=~!@#%^&|`?";

    /// <summary>What may stand right before a parameter, as in <c>id=@id</c>: no operator of PostgreSQL has an @ behind one of these.</summary>
    private const string MayPrecede = "=>+*/%-";

    /// <summary>The statement with <c>$1</c>, <c>$2</c> … and the names they stand for, in that order.</summary>
    public static (string Sql, IReadOnlyList<string> Names) Bind(string sql, IReadOnlySet<string> known)
    {
        var text = new StringBuilder(sql.Length);
        var names = new List<string>();
        var at = 0;
        int? over = null;
        while (at < sql.Length)
        {
            var end = Skip(sql, at);
            if (sql[at] == ';') over ??= text.Length;
            else if (!char.IsWhiteSpace(sql[at]) && !IsComment(sql, at)) over = null;
            if (end == at && sql[at] == '@' && !IsOperator(sql, at - 1) && Name(sql, at + 1) is { Length: > 0 } name && known.Contains(name))
            {
                if (!names.Contains(name)) names.Add(name);
                text.Append('$').Append(names.IndexOf(name) + 1);
                at += name.Length + 1;
                continue;
            }

            end = Math.Max(end, at + 1);
            text.Append(sql, at, end - at);
            at = end;
        }

        return (text.ToString(0, over ?? text.Length), names);
    }

    /// <summary>Where the quoted text, comment or word that begins here ends; the same place where none begins.</summary>
    private static int Skip(string sql, int at) => sql[at] switch
    {
        '\'' => Quoted(sql, at, '\'', backslash: false),
        '"' => Quoted(sql, at, '"', backslash: false),
        '-' when Next(sql, at) == '-' => LineEnd(sql, at),
        '/' when Next(sql, at) == '*' => CommentEnd(sql, at),
        '$' => DollarQuoted(sql, at),
        'e' or 'E' when Next(sql, at) == '\'' => Quoted(sql, at + 1, '\'', backslash: true),
        var c when IsNameStart(c) => at + Name(sql, at, dollar: true).Length,
        _ => at,
    };

    private static bool IsComment(string sql, int at) => (sql[at], Next(sql, at)) is ('-', '-') or ('/', '*');

    private static int Quoted(string sql, int at, char quote, bool backslash)
    {
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (backslash && sql[i] == '\\') i++;
            else if (sql[i] == quote && Next(sql, i) == quote) i++;
            else if (sql[i] == quote) return i + 1;
        }

        return sql.Length;
    }

    private static int LineEnd(string sql, int at)
    {
        var end = sql.AsSpan(at).IndexOfAny('\n', '\r');
        return end < 0 ? sql.Length : at + end;
    }

    private static int CommentEnd(string sql, int at)
    {
        var depth = 1;
        for (var i = at + 2; i < sql.Length; i++)
        {
            if (sql[i] == '/' && Next(sql, i) == '*') (depth, i) = (depth + 1, i + 1);
            else if (sql[i] == '*' && Next(sql, i) == '/') (depth, i) = (depth - 1, i + 1);
            if (depth == 0) return i + 1;
        }

        return sql.Length;
    }

    private static int DollarQuoted(string sql, int at)
    {
        var tag = at + 1 < sql.Length && IsNameStart(sql[at + 1]) ? Name(sql, at + 1) : "";
        if (at + tag.Length + 1 >= sql.Length || sql[at + tag.Length + 1] != '$') return at;
        var mark = sql.AsSpan(at, tag.Length + 2);
        var end = sql.AsSpan(at + mark.Length).IndexOf(mark, StringComparison.Ordinal);
        return end < 0 ? sql.Length : at + mark.Length + end + mark.Length;
    }

    private static string Name(string sql, int at, bool dollar = false)
    {
        var end = at;
        while (end < sql.Length && (IsNameStart(sql[end]) || char.IsAsciiDigit(sql[end]) && end > at || dollar && end > at && sql[end] == '$')) end++;
        return sql[at..end];
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c > 127;

    /// <summary>True where an @ behind this place is part of an operator.</summary>
    private static bool IsOperator(string sql, int at)
    {
        if (at < 0 || !OperatorCharacters.Contains(sql[at])) return false;
        var before = at > 0 ? sql[at - 1] : ' ';
        return !(MayPrecede.Contains(sql[at]) && before != '@') && !(sql[at] == '|' && before == '|');
    }

    private static char Next(string sql, int at) => at + 1 < sql.Length ? sql[at + 1] : '\0';
}
