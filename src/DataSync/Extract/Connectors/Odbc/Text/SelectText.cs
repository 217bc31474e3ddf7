using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Text;

/// <summary>
/// A tenant's statement as it goes to a driver: one statement, beginning as a query does, each <c>@name</c> a <c>?</c>. Drivers read statements too, split
/// them at semicolons and translate what they find in braces, and none reads them quite as its server does. So comments do not reach them, nor
/// anything that the two could take differently: that is refused, and a value can always come as a parameter instead.
/// </summary>
internal sealed class SelectText
{
    private static readonly string[] Beginnings = ["SELECT", "WITH", "VALUES", "TABLE"];

    /// <summary>What may stand right before a parameter, as in <c>id=@id</c>: no operator has an @ behind one of these.</summary>
    private const string Operators = "+-*/<>=~!@#%^&|`?", MayPrecede = "=>+*/%-";

    private readonly string _sql;
    private readonly IReadOnlySet<string> _known;
    private readonly SqlGrammar _grammar;
    private readonly StringBuilder _text;
    private readonly List<string> _names = [];
    private int _depth;
    private bool _begun, _ended;

    private SelectText(string sql, IReadOnlySet<string> known, SqlGrammar grammar) => (_sql, _known, _grammar, _text) = (sql, known, grammar, new StringBuilder(sql.Length));

    /// <summary>The statement and, for each <c>?</c> in it, the parameter it stands for.</summary>
    public static (string Sql, IReadOnlyList<string> Names) Read(string sql, IReadOnlySet<string> known, SqlGrammar grammar)
    {
        var read = new SelectText(sql, known, grammar);
        for (var at = 0; at < sql.Length;) at = read.Step(at);
        if (!read._begun || read._depth != 0) throw Syntax();
        return (read._text.ToString(), read._names);
    }

    private int Step(int at)
    {
        var comment = SqlTokens.CommentEnd(_sql, at, _grammar);
        if (comment == SqlTokens.Open) throw Syntax();
        if (comment > at)
        {
            if (_grammar.MySqlComments && SqlTokens.IsExecutableComment(_sql, at)) throw Refused();
            _text.Append(_sql[at] == '/' ? ' ' : '\n');
            return comment;
        }

        var c = _sql[at];
        if (c == ';')
        {
            _ended = true;
            return at + 1;
        }

        if (c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v')
        {
            _text.Append(c);
            return at + 1;
        }

        if (_ended) throw Refused();
        var quoted = SqlTokens.QuotedEnd(_sql, at, _grammar);
        if (quoted == SqlTokens.Open) throw Syntax();
        return quoted > at ? Quoted(at, quoted) : SqlTokens.Word(_sql, at) is { Length: > 0 } word ? Word(at, word) : Sign(at, c);
    }

    private int Quoted(int at, int end)
    {
        if (!_begun) throw Refused();
        var text = _sql.AsSpan(at, end - at);
        var plain = text[0] is '\'' or '"' or '`' or '[' && !text.Contains('\\');
        if (!plain && text.Contains(';') || _grammar.RefusesBackslash && text.Contains('\\')) throw Refused();
        if (text[0] is '"' or '`' or '[') CheckName(text[1..^1].ToString());
        return Append(at, end);
    }

    private int Word(int at, string word)
    {
        if (!_begun && !Beginnings.Contains(word, StringComparer.OrdinalIgnoreCase)) throw Refused();
        _begun = true;
        if (string.Equals(word, "INTO", StringComparison.OrdinalIgnoreCase)) throw Refused();
        CheckName(word);
        return Append(at, at + word.Length);
    }

    private int Sign(int at, char c)
    {
        switch (c)
        {
            case '(':
                _depth++;
                break;
            case ')' when --_depth < 0:
                throw Syntax();
            case '?':
                throw Missing("?");
            case '{' or '}' or '\\' or < ' ':
                throw Refused();
            case '@' when !IsOperator(at - 1) && SqlTokens.Name(_sql, at + 1) is { Length: > 0 } name && _known.Contains(name):
                _names.Add(name);
                _text.Append('?');
                return at + 1 + name.Length;
            case '@' or ':' or '$' when _grammar.OwnParameters && SqlTokens.Word(_sql, at + 1) is { Length: > 0 } missing:
                throw Missing($"{c}{missing}");
        }

        if (!_begun && c != '(') throw Refused();
        return Append(at, at + 1);
    }

    private int Append(int at, int end)
    {
        _text.Append(_sql, at, end - at);
        return end;
    }

    private void CheckName(string name)
    {
        if (_grammar.DeniedNames.Count > 0 && _grammar.DeniedNames.Contains(name.ToLowerInvariant())) throw Refused();
    }

    private bool IsOperator(int at)
    {
        if (at < 0 || !Operators.Contains(_sql[at], StringComparison.Ordinal)) return false;
        var before = at > 0 ? _sql[at - 1] : ' ';
        return !(MayPrecede.Contains(_sql[at], StringComparison.Ordinal) && before != '@') && !(_sql[at] == '|' && before == '|');
    }

    private static SyncFailureException Refused() => new(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "42000")));

    private static SyncFailureException Syntax() => new(SyncFailure.Permanent("errors.extraction.syntax", ("sqlstate", "42601")));

    private static SyncFailureException Missing(string name) => new(SyncFailure.Permanent("errors.extraction.parameter_missing", ("name", name)));
}
