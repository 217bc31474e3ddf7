using System.Text;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// Finds <c>@name</c> in a statement and puts the server's own <c>?</c> in its place, so that values travel beside the text. Only names that have a value
/// are parameters: any other <c>@name</c> is a variable of MySQL's, and stays one. Strings, quoted names and comments are passed over. A semicolon that
/// only comments follow is left out with them; one that a version comment (<c>/*!</c>) follows stays.
/// </summary>
internal static class NamedParameters
{
    /// <summary>The statement with <c>?</c>, and for each the name it stands for.</summary>
    public static (string Sql, IReadOnlyList<string> Names) Bind(string sql, IReadOnlySet<string> known, SqlLexing lexing)
    {
        var text = new StringBuilder(sql.Length);
        var names = new List<string>();
        int? over = null;
        for (var at = 0; at < sql.Length;)
        {
            var comment = CommentEnd(sql, at);
            if (sql[at] == ';') over ??= text.Length;
            else if (comment == at ? !char.IsWhiteSpace(sql[at]) : IsVersioned(sql, at)) over = null;
            var end = Math.Max(comment, Skip(sql, at, lexing));
            if (end == at && sql[at] == '@' && Name(sql, at + 1) is { Length: > 0 } name && known.Contains(name))
            {
                names.Add(name);
                text.Append('?');
                at += name.Length + 1;
                continue;
            }

            // the second @ of @@name, and a quoted variable's name, begin no parameter
            if (end == at && sql[at] == '@' && Next(sql, at) == '@') end = at + 2 + Name(sql, at + 2).Length;
            end = Math.Max(end, at + 1);
            text.Append(sql, at, end - at);
            at = end;
        }

        return (text.ToString(0, over ?? text.Length), names);
    }

    /// <summary>Where the quoted text or word that begins here ends; the same place where none begins.</summary>
    private static int Skip(string sql, int at, SqlLexing lexing) => sql[at] switch
    {
        '\'' => Quoted(sql, at, lexing.BackslashEscapes),
        '"' => Quoted(sql, at, lexing is { BackslashEscapes: true, QuotedNames: false }),
        '`' => Quoted(sql, at, backslash: false),
        var c when IsNamePart(c) => at + Name(sql, at).Length,
        _ => at,
    };

    /// <summary>A version comment (<c>/*!</c>) counts as one too: what the server runs of it has no parameters.</summary>
    private static int CommentEnd(string sql, int at)
    {
        var line = sql[at] == '#' || (sql[at] == '-' && Next(sql, at) == '-' && (at + 2 >= sql.Length || sql[at + 2] <= ' '));
        var end = line ? sql.IndexOf('\n', at) : sql[at] == '/' && Next(sql, at) == '*' ? sql.IndexOf("*/", at + 2, StringComparison.Ordinal) : at;
        return end < 0 ? sql.Length : line || end == at ? end : end + 2;
    }

    /// <summary>True for a comment whose content some servers run.</summary>
    private static bool IsVersioned(string sql, int at)
        => sql.AsSpan(at).StartsWith("/*!", StringComparison.Ordinal) || sql.AsSpan(at).StartsWith("/*M!", StringComparison.OrdinalIgnoreCase);

    private static int Quoted(string sql, int at, bool backslash)
    {
        var quote = sql[at];
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (backslash && sql[i] == '\\') i++;
            else if (sql[i] == quote && Next(sql, i) == quote) i++;
            else if (sql[i] == quote) return i + 1;
        }

        return sql.Length;
    }

    private static string Name(string sql, int at)
    {
        var end = at;
        while (end < sql.Length && IsNamePart(sql[end])) end++;
        return sql[at..end];
    }

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > 127;

    private static char Next(string sql, int at) => at + 1 < sql.Length ? sql[at + 1] : '\0';
}
